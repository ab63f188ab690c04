"""Other systems ask here who somebody is; each module speaks one wire format and decides nothing."""
