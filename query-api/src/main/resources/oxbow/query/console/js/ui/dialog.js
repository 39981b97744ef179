import { h, uniqueId } from '../dom.js';
import { icon } from '../icons.js';

/**
 * Opens a modal dialog. Escape, a click beside it and its button close it; the focus goes back to
 * where it was.
 *
 * @param {{title: string, body: Node|Node[], actions?: Node[], wide?: boolean, signal?: AbortSignal}} what
 * @returns {{element: HTMLDialogElement, close: () => void}}
 */
export function dialog({ title, body, actions = [], wide = false, signal }) {
  const id = uniqueId('dialog');
  const element = h(wide ? 'dialog.dialog.wide' : 'dialog.dialog', { 'aria-labelledby': id },
    h('header.dialog-head', {},
      h('h2', { id }, title),
      h('button.ghost.square', { type: 'button', 'aria-label': 'Close', onclick: () => element.close() },
        icon('close'))),
    h('div.dialog-body', {}, body),
    actions.length > 0 && h('footer.dialog-foot', {}, actions));
  element.addEventListener('click', (event) => event.target === element && element.close());
  element.addEventListener('close', () => element.remove());
  signal?.addEventListener('abort', () => element.close());
  document.body.append(element);
  element.showModal();
  return { element, close: () => element.close() };
}

/** Asks before something is done that can't be undone. @returns {Promise<boolean>} */
export function confirm({ title, text, action, otherwise = 'Cancel', isDanger = true }) {
  return new Promise((resolve) => {
    let answer = false;
    const yes = h(isDanger ? 'button.danger' : 'button.primary',
      { type: 'button', onclick: () => { answer = true; opened.close(); } }, action);
    const no = h('button', { type: 'button', onclick: () => opened.close() }, otherwise);
    const opened = dialog({ title, body: h('p', {}, text), actions: [no, yes] });
    opened.element.addEventListener('close', () => resolve(answer));
    no.focus();
  });
}
