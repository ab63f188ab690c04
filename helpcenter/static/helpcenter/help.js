// On a wide screen the search of the help home has the focus; on a phone the keyboard would cover the page.
const field = document.querySelector("[data-focus-wide]");
if (field && matchMedia("(min-width: 48rem) and (pointer: fine)").matches && !location.hash) {
  field.focus({ preventScroll: true });
}
