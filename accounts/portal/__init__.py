"""What a person sees and manages alone once signed in."""
