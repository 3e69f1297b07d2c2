import { reasonText } from '../../core/detection/reason-text.ts'
import { noteText } from '../../core/orders/order-text.ts'
import type { ReasonDocument } from '../../http/documents.ts'
import type { Language } from './dictionary.ts'

const ISO_TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z/g

/**
 * A reason as a sentence with its times in the browser's time zone: the server's own sentence has them in UTC. A code
 * that this page does not know yet keeps the server's words.
 */
export function reasonSentence(reason: ReasonDocument, language: Language): string {
  const values = Object.fromEntries(
    Object.entries(reason.values).map(([name, value]) => [
      name,
      typeof value === 'string' ? inLocalTime(value) : value,
    ]),
  )
  const sentence =
    noteText({ code: reason.code, values }, language) ?? reasonText({ code: reason.code, values }, language)
  return sentence === reason.code ? reason[language] : sentence
}

/** The same text with each UTC time written in local time, `2026-11-22T21:38:01`. */
const inLocalTime = (text: string): string =>
  text.replace(ISO_TIME, (iso) => LOCAL.format(new Date(iso)).replace(' ', 'T'))

const LOCAL = new Intl.DateTimeFormat('sv', {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
