import { isTextKey, type Language, textOf } from './dictionary.ts'

/**
 * A word for a code that the server invents (a gate, an entry of a timeline, a result): the dictionary's where it has
 * one, else the code itself, so that a newer server is still readable.
 */
export function wordOf(
  language: Language,
  area: 'gate' | 'gateLaw' | 'gateWho' | 'happened' | 'result' | 'basis' | 'sensorState',
  code: string,
): string {
  const key = `${area}.${code}`
  return isTextKey(key) ? textOf(language, key) : code
}
