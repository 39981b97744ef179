package oxbow.proof;

import java.util.ArrayList;
import java.util.List;

/**
 * What of a page can't be told from what lies behind it, by WCAG 2's level AA: texts need 4.5 to 1,
 * large ones 3 to 1, and so do drawings, icons and the edges of what one types into.
 */
final class Contrast {
  private static final String SCRIPT =
      """
      (() => {
        const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const known = new Map();
        const parsed = (colour) => {
          if (!known.has(colour)) {
            pixel.clearRect(0, 0, 1, 1);
            pixel.fillStyle = colour;
            pixel.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
            known.set(colour, [r, g, b, a / 255]);
          }
          return known.get(colour);
        };
        const over = ([r, g, b, a], below) => [r, g, b].map((each, i) => each * a + below[i] * (1 - a));
        const behind = (element) => {
          const layers = [];
          for (let e = element; e; e = e.parentElement) {
            const layer = parsed(getComputedStyle(e).backgroundColor);
            layers.push(layer);
            if (layer[3] === 1) break;
          }
          return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255]);
        };
        const luminance = (colour) => {
          const [r, g, b] = colour.map((each) => each / 255)
            .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (a, b) => {
          const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
          return (light + 0.05) / (dark + 0.05);
        };
        const opacity = (element) => {
          let whole = 1;
          for (let e = element; e; e = e.parentElement) whole *= getComputedStyle(e).opacity;
          return whole;
        };
        const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) &&
          !element.closest('.sr, .skip, :disabled, noscript, script, style, option') &&
          element.getClientRects().length > 0;
        const poor = new Set();
        let looked = 0;
        const look = (element, colour, below, needed, what) => {
          const [r, g, b, a] = parsed(colour);
          if (a === 0) return;
          looked++;
          const found = ratio(over([r, g, b, a * opacity(element)], below), below);
          if (found >= needed) return;
          const name = `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}`;
          poor.add(`${found.toFixed(2)} of ${needed}: ${name} ${what.trim().slice(0, 40)}, ${colour} on ${below.map(Math.round)}`);
        };
        const needed = ({ fontSize, fontWeight }) => {
          const px = parseFloat(fontSize);
          return px >= 24 || (px >= 18.66 && fontWeight >= 700) ? 3 : 4.5;
        };

        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
          const { parentElement: element, data } = texts.currentNode;
          if (!data.trim() || element.localName === 'title' || !isSeen(element)) continue;
          const style = getComputedStyle(element);
          const colour = element instanceof SVGElement ? style.fill : style.color;
          look(element, colour, behind(element), needed(style), data);
        }
        for (const element of document.querySelectorAll('input, select, textarea')) {
          if (!isSeen(element) || element.matches('[type=checkbox], [type=radio]')) continue;
          const style = getComputedStyle(element);
          look(element, style.color, behind(element), needed(style), 'its text');
          if (element.placeholder) {
            const hint = getComputedStyle(element, '::placeholder');
            look(element, hint.color, behind(element), needed(hint), 'its placeholder');
          }
          if (style.borderTopStyle === 'none' || parseFloat(style.borderTopWidth) === 0) continue;
          look(element, style.borderTopColor, behind(element), 3, 'its edge, from within');
          look(element, style.borderTopColor, behind(element.parentElement), 3, 'its edge, from outside');
        }
        for (const element of document.querySelectorAll('.bar :is(rect:not(.bar-back)), .lanes :is(rect:not(.bar-back))')) {
          if (!isSeen(element)) continue;
          const { fill } = getComputedStyle(element);
          const track = getComputedStyle(element.parentElement.querySelector('.bar-back')).fill;
          look(element, fill, over(parsed(track), behind(element.closest('svg'))), 3, 'on its track');
          look(element, fill, behind(element.closest('svg')), 3, 'beside its track');
        }
        for (const element of document.querySelectorAll('.icon, .logo path, .spark-line, .plot-line, .plot-svg rect[class^=series]')) {
          if (!isSeen(element)) continue;
          const { stroke, fill } = getComputedStyle(element);
          look(element, stroke === 'none' ? fill : stroke, behind(element.closest('svg')), 3, 'a drawing');
        }
        for (const element of document.querySelectorAll('.swatch, .dot')) {
          if (isSeen(element)) look(element, getComputedStyle(element).backgroundColor, behind(element.parentElement), 3, 'a mark');
        }
        return [looked, ...poor];
      })()
      """;

  private Contrast() {}

  /** What is hard to see of the page that is open; at least so many things have to be looked at. */
  static List<String> poor(Browser browser, int lookedMin) {
    var told = browser.evaluate(SCRIPT);
    List<String> poor = new ArrayList<>();
    if (told.get(0).asInt() < lookedMin) poor.add("only " + told.get(0) + " things were looked at");
    for (int i = 1; i < told.size(); i++) poor.add(told.get(i).asText());
    return poor;
  }
}
