"""What tests simulate: people with browsers and phones, carriers, directories and applications."""
