/**
 * Names of physical keys: the `code` values of UI Events (https://www.w3.org/TR/uievents-code/), which name a position on
 * a PC keyboard whatever the layout. Engines translate them (v86: scan code set 1; QEMU: qcodes).
 */
export const KEY_CODES = [
  ...['Escape', 'F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12'],
  ...['PrintScreen', 'ScrollLock', 'Pause'],
  ...['Backquote', 'Digit1', 'Digit2', 'Digit3', 'Digit4', 'Digit5', 'Digit6', 'Digit7', 'Digit8', 'Digit9', 'Digit0'],
  ...['Minus', 'Equal', 'Backspace', 'Tab'],
  ...['KeyQ', 'KeyW', 'KeyE', 'KeyR', 'KeyT', 'KeyY', 'KeyU', 'KeyI', 'KeyO', 'KeyP', 'BracketLeft', 'BracketRight'],
  ...['Backslash', 'CapsLock'],
  ...['KeyA', 'KeyS', 'KeyD', 'KeyF', 'KeyG', 'KeyH', 'KeyJ', 'KeyK', 'KeyL', 'Semicolon', 'Quote', 'Enter'],
  ...['ShiftLeft', 'IntlBackslash', 'KeyZ', 'KeyX', 'KeyC', 'KeyV', 'KeyB', 'KeyN', 'KeyM', 'Comma', 'Period', 'Slash'],
  ...['ShiftRight', 'ControlLeft', 'MetaLeft', 'AltLeft', 'Space', 'AltRight', 'MetaRight', 'ContextMenu'],
  ...['ControlRight', 'Insert', 'Home', 'PageUp', 'Delete', 'End', 'PageDown'],
  ...['ArrowUp', 'ArrowLeft', 'ArrowDown', 'ArrowRight'],
  ...['NumLock', 'NumpadDivide', 'NumpadMultiply', 'NumpadSubtract', 'NumpadAdd', 'NumpadEnter', 'NumpadDecimal'],
  ...['Numpad0', 'Numpad1', 'Numpad2', 'Numpad3', 'Numpad4', 'Numpad5', 'Numpad6', 'Numpad7', 'Numpad8', 'Numpad9'],
  // Keys that only some countries' keyboards have: Brazil's and Japan's.
  ...['IntlRo', 'IntlYen', 'NumpadComma', 'Convert', 'NonConvert', 'KanaMode'],
] as const;

export type KeyCode = (typeof KEY_CODES)[number];
