/** Every reason in words, in the two languages of the pages. */
import type { Reason } from '@minewarden/protocol/finding.ts'
import type { ReasonCode, ReasonValues } from './reasons.ts'

export type Language = 'zh' | 'en'

type Sentences = { readonly [C in ReasonCode]: { readonly [L in Language]: (v: ReasonValues[C]) => string } }

/** 14:31:07 of an ISO time; pages that want local time format the value themselves. */
const clock = (iso: string): string => iso.slice(11, 19)
const percent = (p: number): string => `${Math.round(100 * p)} %`

const STATUS_ZH: { readonly [status: string]: string } = {
  online: '在线',
  offline: '离线',
  occluded: '被遮挡',
  moved: '被移动',
  dark: '画面变暗',
  frozen: '画面冻结',
  tampered: '被破坏',
}

const SENTENCES: Sentences = {
  blast: {
    en: (v) => `blast ${clock(v.at)} p=${v.probability.toFixed(2)}`,
    zh: (v) => `${clock(v.at)} 发生爆破,可信度 ${percent(v.probability)}`,
  },
  'blast-at-night': {
    en: (v) => `blast ${clock(v.at)} at night p=${v.probability.toFixed(2)}`,
    zh: (v) => `夜间 ${clock(v.at)} 发生爆破,可信度 ${percent(v.probability)}`,
  },
  machinery: {
    en: (v) => `machines heard for ${v.minutes} min in ${v.bouts} bouts since ${clock(v.since)}`,
    zh: (v) => `自 ${clock(v.since)} 起监听到机械作业 ${v.minutes} 分钟,共 ${v.bouts} 段`,
  },
  digging: {
    en: (v) => `digging for ${v.minutes} min since ${clock(v.since)}`,
    zh: (v) => `自 ${clock(v.since)} 起有挖掘 ${v.minutes} 分钟`,
  },
  'machinery-with-load': {
    en: (v) => `machines and load ran together for ${v.minutes} min`,
    zh: (v) => `机械振动与用电同时出现 ${v.minutes} 分钟`,
  },
  'machinery-around-blast': {
    en: (v) => `machines worked ${v.minutes} min around the blast`,
    zh: (v) => `爆破前后有机械作业 ${v.minutes} 分钟`,
  },
  'motor-load': {
    en: (v) => `motor load of ${v.kw} kW beyond what is registered, ${v.minutes} min since ${clock(v.since)}`,
    zh: (v) => `自 ${clock(v.since)} 起出现登记之外的电动机负荷 ${v.kw} 千瓦,${v.minutes} 分钟`,
  },
  'motor-starts': {
    en: (v) => `${v.count} motor starts of about ${v.kw} kW since ${clock(v.since)}`,
    zh: (v) => `自 ${clock(v.since)} 起电动机启动 ${v.count} 次,约 ${v.kw} 千瓦`,
  },
  'heating-load': {
    en: (v) => `heating or lighting load of ${v.kw} kW, ${v.minutes} min`,
    zh: (v) => `照明或取暖负荷 ${v.kw} 千瓦,${v.minutes} 分钟`,
  },
  'probe-status': {
    en: (v) => `${v.sensor} ${v.status} ${clock(v.since)}`,
    zh: (v) => `视频探头 ${v.sensor} 于 ${clock(v.since)} ${STATUS_ZH[v.status] ?? v.status}`,
  },
  'permit-void': {
    en: (v) => `the permit "${v.permit}" does not cover the blast of ${clock(v.at)}`,
    zh: (v) => `许可“${v.permit}”不包括 ${clock(v.at)} 的爆破`,
  },
  calm: {
    en: (v) => `nothing unusual is left at ${clock(v.since)}`,
    zh: (v) => `${clock(v.since)} 已无异常`,
  },
  'sharp-onset': {
    en: (v) => `comes up within ${v.attackS} s`,
    zh: (v) => `${v.attackS} 秒内陡然起跳`,
  },
  'round-of-shots': {
    en: (v) => `${v.shots} shots of like strength within ${v.spanS} s`,
    zh: (v) => `${v.spanS} 秒内 ${v.shots} 响,强度相近(延期爆破)`,
  },
  'single-burst': {
    en: (v) => `one burst of ${v.spanS} s`,
    zh: (v) => `单次爆发,${v.spanS} 秒`,
  },
  'slow-swell': {
    en: (v) => `swells for ${v.riseS} s`,
    zh: (v) => `缓慢增强 ${v.riseS} 秒`,
  },
  'even-steps': {
    en: (v) => `${v.count} even steps, one each ${v.intervalS} s`,
    zh: (v) => `均匀步伐 ${v.count} 步,间隔 ${v.intervalS} 秒`,
  },
  'low-frequency': {
    en: (v) => `${percent(v.lowShare)} of the energy below 9 Hz, ${v.durationS} s long`,
    zh: (v) => `9 赫兹以下能量占 ${percent(v.lowShare)},持续 ${v.durationS} 秒`,
  },
  'above-background': {
    en: (v) => `${v.snrDb} dB above the background`,
    zh: (v) => `高出背景 ${v.snrDb} 分贝`,
  },
  'air-wave': {
    en: (v) => `air wave of ${v.peakPa} Pa after ${v.delayS} s`,
    zh: (v) => `${v.delayS} 秒后有空气冲击波 ${v.peakPa} 帕`,
  },
  'thunder-in-air': {
    en: (v) => `thunder in the air: ${v.peakPa} Pa for ${v.durationS} s`,
    zh: (v) => `空气中有雷声:${v.peakPa} 帕,${v.durationS} 秒`,
  },
  'machine-level': {
    en: (v) => `${v.excessDb} dB above the quiet level for ${v.seconds} s`,
    zh: (v) => `高出平静水平 ${v.excessDb} 分贝,${v.seconds} 秒`,
  },
  'machine-tone': {
    en: (v) => `a line at ${v.hz} Hz, ${v.db} dB`,
    zh: (v) => `${v.hz} 赫兹处有谱线,${v.db} 分贝`,
  },
  'irregular-blows': {
    en: (v) => `irregular blows, kurtosis ${v.kurtosis}`,
    zh: (v) => `不规则敲击,峭度 ${v.kurtosis}`,
  },
}

/** All codes, for the test that each has both languages. */
export const REASON_CODES = Object.keys(SENTENCES) as ReasonCode[]

/** One reason as a sentence; a code of another version is shown as it is. */
export function reasonText({ code, values }: Reason, language: Language): string {
  if (!Object.hasOwn(SENTENCES, code)) return code
  const sentence = SENTENCES[code as ReasonCode][language] as (v: Reason['values']) => string
  return sentence(values)
}
