// Light, dark, or as the system has it. theme.js sets what was kept before the page is drawn.

const KEY = 'oxbow.theme';

/** @returns {'auto'|'light'|'dark'} */
export function theme() {
  return document.documentElement.dataset.theme ?? 'auto';
}

/** Sets and keeps one. */
export function keepTheme(name) {
  const root = document.documentElement;
  if (name === 'auto') delete root.dataset.theme;
  else root.dataset.theme = name;
  try {
    if (name === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, name);
  } catch {
    // Where storage is forbidden it holds until the page is closed.
  }
}
