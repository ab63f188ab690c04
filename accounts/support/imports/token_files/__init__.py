"""Files of hardware tokens as manufacturers supply them, CSV and PSKC packages, converted to our columns."""
