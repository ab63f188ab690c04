"""The demo's sample applications: Expenses with OpenID Connect, Wiki and Payroll behind a proxy."""
