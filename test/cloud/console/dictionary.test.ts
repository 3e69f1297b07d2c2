import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { phaseFaultsOf, relayStatusOf, standingFaultsOf, supplyFaultsOf } from '@minewarden/hardware/dlt645/status.ts'
import { EVENT_CLASSES, SITE_STATES } from '@minewarden/protocol/finding.ts'
import { PROBE_STATUSES, SENSOR_KINDS } from '@minewarden/protocol/ids.ts'
import { SupplyPoint } from '@minewarden/protocol/site.ts'
import { expect, test } from 'vitest'
import { isTextKey, LANGUAGES, TEXTS, type TextKey, textOf } from '../../../cloud/console/text/dictionary.ts'
import { REASON_CODES } from '../../../cloud/core/detection/reason-text.ts'
import { MARK_CAUSES, VERDICTS } from '../../../cloud/core/feedback/mark.ts'
import { DEFAULT_LAW } from '../../../cloud/core/law/default-rules.ts'
import { GATE_CODES } from '../../../cloud/core/orders/gates.ts'
import { ORDER_STATES } from '../../../cloud/core/ports.ts'

const KEYS = Object.keys(TEXTS) as TextKey[]
const CONSOLE = new URL('../../../cloud/console/', import.meta.url).pathname

test('no text is missing or blank in either language', () => {
  const missing = KEYS.flatMap((key) =>
    LANGUAGES.filter((language) => !TEXTS[key][language].trim()).map((l) => `${key} ${l}`),
  )
  expect(missing).toEqual([])
})

test('both languages of a text fill in the same names', () => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
  for (const key of KEYS) expect([key, names(TEXTS[key].zh)]).toEqual([key, names(TEXTS[key].en)])
})

test('Chinese texts are Chinese and English ones are not', () => {
  const isChinese = (text: string) => /\p{Script=Han}/u.test(text)
  const exceptions: TextKey[] = ['language.other', 'value.unknown']
  for (const key of KEYS.filter((one) => !exceptions.includes(one))) {
    expect([key, isChinese(TEXTS[key].zh), isChinese(TEXTS[key].en)]).toEqual([key, true, false])
  }
})

test('the states of a site are called as the glossary says', () => {
  expect(SITE_STATES.map((state) => textOf('zh', `state.${state}`))).toEqual(['封闭', '关注', '疑似', '复开'])
})

test.each([
  ['state', SITE_STATES],
  ['event', EVENT_CLASSES],
  ['sensor', SENSOR_KINDS],
  ['probe', PROBE_STATUSES],
  ['method', SupplyPoint.shape.method.options],
  ['order.state', ORDER_STATES],
  ['order.next', ORDER_STATES],
  ['happened', ORDER_STATES],
  ['meterFault', [...phaseFaultsOf(0xff), ...supplyFaultsOf(0x1ff), ...standingFaultsOf(relayStatusOf(0b1100))]],
  ['gate', GATE_CODES],
  ['basis', DEFAULT_LAW.bases.map(({ code }) => code)],
  ['reasonName', REASON_CODES.filter((code) => !code.startsWith('grade-'))],
  ['markCause', MARK_CAUSES],
  ['mark', VERDICTS],
  ['result', ['executed', 'failed', 'zero', 'was-zero', 'loaded', 'silent']],
])('every %s of the contracts has a word', (area, codes) => {
  expect(codes.filter((code) => !isTextKey(`${area}.${code}`))).toEqual([])
})

test('every text is used by the page', () => {
  const sources = readdirSync(CONSOLE, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('dist') && !file.startsWith('text'))
    .concat('text/format.ts', 'text/cause.ts', 'text/meter-fault.ts')
    .map((file) => readFileSync(join(CONSOLE, file), 'utf8'))
    .join('\n')
  // Keys that end in a code are put together at run time: t(`state.${state}`), wordOf(language, 'gate', code).
  const isUsed = (key: string) => {
    const area = key.slice(0, key.lastIndexOf('.'))
    return sources.includes(`'${key}'`) || sources.includes(`\`${area}.\${`) || sources.includes(`'${area}', `)
  }
  expect(KEYS.filter((key) => !isUsed(key))).toEqual([])
})
