/* Runs before the first paint: the theme that the reader chose here, if they chose one. */
{
  const chosen = localStorage.getItem("wand-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
