import type { Words } from '../../http/deps.ts'
import { CAUSE_TEXTS } from './cause-texts.ts'
import { EVIDENCE_TEXTS } from './evidence-texts.ts'
import { FEEDBACK_TEXTS } from './feedback-texts.ts'
import { LAW_TEXTS } from './law-texts.ts'
import { ORDER_CODE_TEXTS } from './order-code-texts.ts'
import { ORDER_TEXTS } from './order-texts.ts'
import { PEAK_TEXTS } from './peak-texts.ts'
import { PEOPLE_TEXTS } from './people-texts.ts'
import { POWER_TEXTS } from './power-texts.ts'
import { PROBE_TEXTS } from './probe-texts.ts'
import { REASON_NAME_TEXTS } from './reason-name-texts.ts'
import { RESTORATION_TEXTS } from './restoration-texts.ts'
import { SHELL_TEXTS } from './shell-texts.ts'
import { SITE_TEXTS } from './site-texts.ts'
import { TUNING_TEXTS } from './tuning-texts.ts'

/** Every text of the console, in both languages. `{name}` is filled in. */
export const TEXTS = {
  ...SHELL_TEXTS,
  ...SITE_TEXTS,
  ...ORDER_TEXTS,
  ...ORDER_CODE_TEXTS,
  ...LAW_TEXTS,
  ...PEAK_TEXTS,
  ...PEOPLE_TEXTS,
  ...POWER_TEXTS,
  ...PROBE_TEXTS,
  ...CAUSE_TEXTS,
  ...FEEDBACK_TEXTS,
  ...EVIDENCE_TEXTS,
  ...TUNING_TEXTS,
  ...REASON_NAME_TEXTS,
  ...RESTORATION_TEXTS,
} satisfies Record<string, Words>
export type TextKey = keyof typeof TEXTS

export const LANGUAGES = ['zh', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

export const isTextKey = (key: string): key is TextKey => Object.hasOwn(TEXTS, key)

/** One text in one language, its `{names}` filled in. */
export function textOf(language: Language, key: TextKey, values: Record<string, string | number> = {}): string {
  return TEXTS[key][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
