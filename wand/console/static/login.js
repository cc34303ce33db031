// A link has its secret behind the #, which no browser sends by itself: into no log, and to nobody else.
const secret = location.hash.slice(1);
if (secret) {
  history.replaceState(null, "", location.pathname);
  const form = document.querySelector("form");
  form.elements.link.value = secret;
  form.submit();
}
