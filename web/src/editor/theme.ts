import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import {
  colorBackgroundContainerContent,
  colorBackgroundItemSelected,
  colorBorderDividerDefault,
  colorTextBodyDefault,
  colorTextBodySecondary,
  colorTextInteractiveActive,
  colorTextLinkDefault,
} from '@cloudscape-design/design-tokens';

// The colours of the surface are Cloudscape's. Those of words have a contrast of 4.5 at least to both of its grounds.
const words = {
  light: { key: '#0b5394', text: '#1d6b31', number: '#8b3a00', word: '#7a2ea0', comment: '#5f6b7a' },
  dark: { key: '#8ec5ff', text: '#9bdc9f', number: '#ffb27a', word: '#d9a6ff', comment: '#a4adba' },
};

export function themeOf(dark: boolean): Extension {
  const w = dark ? words.dark : words.light;
  return [
    EditorView.theme(
      {
        '&': { backgroundColor: colorBackgroundContainerContent, color: colorTextBodyDefault, fontSize: '12.5px', border: `1px solid ${colorBorderDividerDefault}` },
        '&.cm-focused': { outline: `2px solid ${colorTextLinkDefault}` },
        '.cm-content': { caretColor: colorTextInteractiveActive, fontFamily: "ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace" },
        '.cm-gutters': { backgroundColor: colorBackgroundContainerContent, color: colorTextBodySecondary, borderRight: `1px solid ${colorBorderDividerDefault}` },
        '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: dark ? '#ffffff0d' : '#0000000a' },
        '.cm-cursor': { borderLeftColor: colorTextInteractiveActive },
        '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: `${dark ? '#2c5a8a' : '#b6d7ff'} !important` },
        '.cm-panels, .cm-tooltip': { backgroundColor: colorBackgroundContainerContent, color: colorTextBodyDefault, borderColor: colorBorderDividerDefault },
        '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: colorBackgroundItemSelected, color: colorTextBodyDefault },
      },
      { dark },
    ),
    syntaxHighlighting(
      HighlightStyle.define([
        { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: w.key },
        { tag: [tags.string, tags.content], color: w.text },
        { tag: [tags.number], color: w.number },
        { tag: [tags.bool, tags.null, tags.keyword], color: w.word },
        { tag: [tags.comment], color: w.comment, fontStyle: 'italic' },
      ]),
    ),
  ];
}
