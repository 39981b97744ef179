import { h, uniqueId } from '../dom.js';

/**
 * Tabs whose panels are all here; arrows move among them.
 *
 * @param {{label: string, tabs: {name: string, label: string, panel: Node}[], chosen?: string,
 *     onchoose?: (name: string) => void}} what
 * @returns {{element: HTMLElement, choose: (name: string) => void}}
 */
export function tabs({ label, tabs: all, chosen = all[0].name, onchoose = () => {} }) {
  const buttons = new Map();
  const panels = new Map();
  for (const { name, label: text, panel } of all) {
    const [tabId, panelId] = [uniqueId('tab'), uniqueId('panel')];
    buttons.set(name, h('button.tab', {
      type: 'button', role: 'tab', id: tabId, 'aria-controls': panelId,
      onclick: () => choose(name), onkeydown: move,
    }, text));
    panels.set(name, h('div.panel', { role: 'tabpanel', id: panelId, 'aria-labelledby': tabId }, panel));
  }

  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const names = [...buttons.keys()];
    const at = names.findIndex((name) => buttons.get(name) === event.target);
    const next = names[(at + step + names.length) % names.length];
    choose(next);
    buttons.get(next).focus();
  }

  function show(name) {
    for (const [each, button] of buttons) {
      const isChosen = each === name;
      button.setAttribute('aria-selected', String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      panels.get(each).hidden = !isChosen;
    }
  }

  function choose(name) {
    show(name);
    onchoose(name);
  }

  show(chosen);
  return {
    element: h('div.tabbed', {},
      h('div.tabs', { role: 'tablist', 'aria-label': label }, [...buttons.values()]),
      [...panels.values()]),
    choose: show,
  };
}

/** Tabs that are pages of their own. @param {{label: string, href: string, isHere: boolean}[]} links */
export function linkTabs(label, links) {
  return h('nav.tabs', { 'aria-label': label },
    links.map(({ label: text, href, isHere }) =>
      h('a.tab', { href, 'aria-current': isHere ? 'page' : undefined }, text)));
}
