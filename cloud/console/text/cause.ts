import { isTextKey, type Language, textOf } from './dictionary.ts'

/**
 * A cause in words. A number may follow a word after a colon (`flapping:7`); a word that this version does not know is
 * shown as it is, so that a newer gateway is still readable.
 */
export function causeText(language: Language, cause: string): string {
  const [word = '', count = ''] = cause.split(':')
  const key = `cause.${word}`
  if (isTextKey(key)) return textOf(language, key, { count })
  return faultOfWay(language, word) ?? faultText(language, word) ?? cause
}

function faultText(language: Language, word: string): string | null {
  const key = `wayFault.${word}`
  return isTextKey(key) ? textOf(language, key) : null
}

function faultOfWay(language: Language, word: string): string | null {
  const [way = '', ...rest] = word.split('-')
  const key = `way.${way}`
  const fault = faultText(language, rest.join('-'))
  return isTextKey(key) && fault ? `${textOf(language, key)} ${fault}` : null
}
