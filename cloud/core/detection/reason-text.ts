/** Every reason in words, in the two languages of the pages. */
import type { Reason } from '@minewarden/protocol/finding.ts'
import type { ReasonCode, ReasonValues } from './reasons.ts'

export type Language = 'zh' | 'en'

type Sentences = { readonly [C in ReasonCode]: { readonly [L in Language]: (v: ReasonValues[C]) => string } }

/**
 * 14:31:07 of an ISO time, with its zone: `UTC`, or its offset. A time without a zone is the reader's own and gets none:
 * pages put local times into the values, `evaluate` the times of its rows.
 */
const clock = (iso: string): string => `${String(iso).slice(11, 19)}${zoneOf(iso)}`
/** The same without seconds, for what lasts. */
const minuteOf = (iso: string): string => `${String(iso).slice(11, 16)}${zoneOf(iso)}`
const zoneOf = (iso: string): string => {
  const zone = /(?:Z|[+-]\d{2}:\d{2})$/.exec(iso)?.[0] ?? ''
  return zone === 'Z' ? ' UTC' : zone
}

/** As many digits as people say: 0.08, 3.2, 38. What an older version did not record is `?`. */
const spoken = (x: number): string => {
  if (!Number.isFinite(x)) return '?'
  const size = Math.abs(x)
  return String(size >= 9.95 ? Math.round(x) : Number(x.toFixed(size >= 0.95 ? 1 : 2)))
}
const percent = (p: number): string => String(Math.round(100 * p))
/** Two digits: what is told by echo or by a guess of the sound's speed is no nearer. */
const metres = (m: number): string => (Number.isFinite(m) ? String(Number(m.toPrecision(2))) : '?')

/** `38 s`, `1 min 12 s`, `1 h 5 min`. */
const lasting = (seconds: number, [s, min, h]: readonly [string, string, string]): string => {
  const whole = Math.round(seconds)
  if (whole < 60) return `${spoken(seconds)} ${s}`
  const parts =
    whole < 3600
      ? [
          [Math.floor(whole / 60), min],
          [whole % 60, s],
        ]
      : [
          [Math.floor(whole / 3600), h],
          [Math.floor((whole % 3600) / 60), min],
        ]
  return parts
    .filter(([count]) => count !== 0)
    .map((part) => part.join(' '))
    .join(' ')
}
const EN_UNITS = ['s', 'min', 'h'] as const
const ZH_UNITS = ['秒', '分', '小时'] as const
const lastsEn = (seconds: number): string => lasting(seconds, EN_UNITS)
const lastsZh = (seconds: number): string => lasting(seconds, ZH_UNITS)
/** Work is counted by minutes; less than one is still said. */
const minutesEn = (m: number): string => (m < 1 ? 'less than 1 min' : lastsEn(60 * Math.round(m)))
const minutesZh = (m: number): string => {
  if (m < 1) return '不到 1 分钟'
  return m < 59.5 ? `${Math.round(m)} 分钟` : lastsZh(60 * Math.round(m))
}

const wattsEn = (kw: number): string => (kw < 0.95 ? `${metres(1000 * kw)} W` : `${spoken(kw)} kW`)
const wattsZh = (kw: number): string => (kw < 0.95 ? `${metres(1000 * kw)} 瓦` : `${spoken(kw)} 千瓦`)
/** `12`, or `11-15` where they differ. */
const range = (from: number, to: number): string =>
  spoken(from) === spoken(to) ? spoken(from) : `${spoken(from)}-${spoken(to)}`

const STATUS_ZH: { readonly [status: string]: string } = {
  online: '在线',
  offline: '离线',
  occluded: '被遮挡',
  moved: '被移动',
  dark: '画面变暗',
  frozen: '画面冻结',
  tampered: '被破坏',
}

const KIND_WORDS: { readonly [kind: string]: { readonly [L in Language]: string } } = {
  geophone: { en: 'geophones', zh: '检波器' },
  'power-meter': { en: 'meters', zh: '电能表' },
  'camera-probe': { en: 'camera probes', zh: '视频探头' },
  'air-pressure': { en: 'microphones', zh: '空气压力传感器' },
  none: { en: 'none', zh: '无' },
}
/** Sensor kinds with spaces between. */
const sensorKinds = (kinds: string, language: Language): string =>
  String(kinds)
    .split(' ')
    .map((kind) => KIND_WORDS[kind]?.[language] ?? kind)
    .join(language === 'zh' ? '、' : ' and ')

const CAUSE_WORDS: typeof KIND_WORDS = {
  blast: { en: 'blast', zh: '爆破' },
  drilling: { en: 'drilling', zh: '凿岩' },
  work: { en: 'machines with their load', zh: '机械及其用电' },
  digging: { en: 'digging', zh: '挖掘' },
  camera: { en: 'a camera made blind', zh: '探头被破坏' },
  none: { en: 'none', zh: '无' },
}
const causeWords = (causes: string, language: Language): string =>
  String(causes)
    .split(' ')
    .map((cause) => CAUSE_WORDS[cause]?.[language] ?? cause)
    .join(language === 'zh' ? '、' : ' and ')
/** `at` is empty where no order cut the power. */
const afterCutEn = (at: string): string => (at ? `after the cut of ${minuteOf(at)} ` : '')
const afterCutZh = (at: string): string => (at ? `${minuteOf(at)} 停电后，` : '')

/** Negative: not known. */
const awayEn = (km: number): string => (km < 0 ? '' : `, about ${metres(km)} km away`)
const awayZh = (km: number): string => (km < 0 ? '' : `，约 ${metres(km)} 公里外`)

const bouts = (count: number): string => (count === 1 ? 'bout' : 'bouts')

const SENTENCES: Sentences = {
  blast: {
    en: (v) => `blast ${clock(v.at)} p=${v.probability.toFixed(2)}`,
    zh: (v) => `${clock(v.at)} 发生爆破，可信度 ${percent(v.probability)}%`,
  },
  'blast-at-night': {
    en: (v) => `blast ${clock(v.at)} at night p=${v.probability.toFixed(2)}`,
    zh: (v) => `夜间 ${clock(v.at)} 发生爆破，可信度 ${percent(v.probability)}%`,
  },
  machinery: {
    en: (v) => `machines heard for ${minutesEn(v.minutes)} in ${v.bouts} ${bouts(v.bouts)} since ${minuteOf(v.since)}`,
    zh: (v) => `自 ${minuteOf(v.since)} 起监听到机械作业 ${minutesZh(v.minutes)}，共 ${v.bouts} 段`,
  },
  drilling: {
    en: (v) => `rock drill heard in ${v.bouts} ${bouts(v.bouts)} since ${minuteOf(v.since)}, ${spoken(v.hz)} blows/s`,
    zh: (v) => `自 ${minuteOf(v.since)} 起监听到凿岩机作业 ${v.bouts} 段，每秒 ${spoken(v.hz)} 击`,
  },
  generator: {
    en: (v) => `an engine's line at ${spoken(v.hz)} Hz that wanders, since ${minuteOf(v.since)}: a generator`,
    zh: (v) => `自 ${minuteOf(v.since)} 起有 ${spoken(v.hz)} 赫兹漂移谱线，应为发电机`,
  },
  digging: {
    en: (v) => `digging for ${minutesEn(v.minutes)} since ${minuteOf(v.since)}`,
    zh: (v) => `自 ${minuteOf(v.since)} 起有挖掘 ${minutesZh(v.minutes)}`,
  },
  'machinery-with-load': {
    en: (v) => `machines and load ran together for ${minutesEn(v.minutes)}`,
    zh: (v) => `机械振动与用电同时出现 ${minutesZh(v.minutes)}`,
  },
  'machinery-around-blast': {
    en: (v) => `machines worked for ${minutesEn(v.minutes)} around the blast`,
    zh: (v) => `爆破前后有机械作业 ${minutesZh(v.minutes)}`,
  },
  'motor-load': {
    en: (v) =>
      `motor load of ${wattsEn(v.kw)} beyond what is registered, ${minutesEn(v.minutes)} since ${minuteOf(v.since)}`,
    zh: (v) => `自 ${minuteOf(v.since)} 起出现登记之外的电动机负荷 ${wattsZh(v.kw)}，持续 ${minutesZh(v.minutes)}`,
  },
  'motor-starts': {
    en: (v) => `${v.count} motor starts of ${range(v.fromKw, v.toKw)} kW since ${minuteOf(v.since)}`,
    zh: (v) => `自 ${minuteOf(v.since)} 起电动机启动 ${v.count} 次，${range(v.fromKw, v.toKw)} 千瓦`,
  },
  'heating-load': {
    en: (v) => `heating or lighting load of ${wattsEn(v.kw)} for ${minutesEn(v.minutes)}`,
    zh: (v) => `照明或取暖负荷 ${wattsZh(v.kw)}，持续 ${minutesZh(v.minutes)}`,
  },
  'probe-status': {
    en: (v) => `${v.sensor} ${v.status} ${minuteOf(v.since)}`,
    zh: (v) => `视频探头 ${v.sensor} 于 ${minuteOf(v.since)} ${STATUS_ZH[v.status] ?? v.status}`,
  },
  'permit-void': {
    en: (v) => `the permit "${v.permit}" does not cover the blast of ${clock(v.at)}`,
    zh: (v) => `许可“${v.permit}”不包括 ${clock(v.at)} 的爆破`,
  },
  'sensors-silent': {
    en: (v) => `nothing heard from ${sensorKinds(v.kinds, 'en')} since ${minuteOf(v.since)}: not known to be quiet`,
    zh: (v) => `自 ${minuteOf(v.since)} 起收不到${sensorKinds(v.kinds, 'zh')}的数据：不能认定无异常`,
  },
  'background-raised': {
    en: (v) =>
      `the quiet level of ${v.sensor} at ${v.fromHz} to ${v.toHz} Hz has crept up by ${spoken(v.db)} dB in ${v.hours} hours of the day since it was first learnt: it is not followed further (${minuteOf(v.since)})`,
    zh: (v) =>
      `${v.sensor} 在 ${v.fromHz}–${v.toHz} 赫兹的平静水平比最初学得的抬升了 ${spoken(v.db)} 分贝（一天中 ${v.hours} 个小时如此），自 ${minuteOf(v.since)} 起不再跟随`,
  },
  calm: {
    en: (v) => `nothing unusual is left at ${minuteOf(v.since)}`,
    zh: (v) => `${minuteOf(v.since)} 已无异常`,
  },
  'generator-runs': {
    en: (v) =>
      `${afterCutEn(v.cut)}a generator has run since ${minuteOf(v.since)}: its line at ${spoken(v.hz)} Hz wanders as the grid's does not`,
    zh: (v) => `${afterCutZh(v.cut)}自 ${minuteOf(v.since)} 起有发电机运行：${spoken(v.hz)} 赫兹谱线漂移，电网不会如此`,
  },
  'machines-without-load': {
    en: (v) =>
      `${afterCutEn(v.cut)}machines worked for ${minutesEn(v.minutes)} since ${minuteOf(v.since)} while the meter shows no load: supply from elsewhere`,
    zh: (v) =>
      `${afterCutZh(v.cut)}自 ${minuteOf(v.since)} 起机械作业 ${minutesZh(v.minutes)}而电能表无负荷：电来自别处`,
  },
  'supply-returned': {
    en: (v) =>
      `supply is back since ${minuteOf(v.since)} without an order${v.cut ? `, after the cut of ${minuteOf(v.cut)}` : ''}; unexplained load ${wattsEn(v.watts / 1000)}`,
    zh: (v) =>
      `${v.cut ? `${minuteOf(v.cut)} 停电后，` : ''}自 ${minuteOf(v.since)} 起未经指令恢复供电；登记之外的负荷 ${wattsZh(v.watts / 1000)}`,
  },
  'neighbour-feeds': {
    en: (v) =>
      `the load of ${v.meter} rises and falls with the machines here since ${minuteOf(v.since)} (${v.starts} starts together)`,
    zh: (v) => `自 ${minuteOf(v.since)} 起 ${v.meter} 的负荷随此处机械起落（同时启动 ${v.starts} 次）：疑为转供电`,
  },
  'grade-few-kinds': {
    en: (v) => `rests on fewer than two kinds of sensor (${sensorKinds(v.kinds, 'en')})`,
    zh: (v) => `证据来自不足两类传感器（${sensorKinds(v.kinds, 'zh')}）`,
  },
  'grade-few-causes': {
    en: (v) => `rests on fewer than two causes (${causeWords(v.causes, 'en')})`,
    zh: (v) => `证据不足两种来源（${causeWords(v.causes, 'zh')}）`,
  },
  'grade-explained-load': {
    en: (v) => `${wattsEn(v.kw)} beyond what is registered may be a worn consumer of ${wattsEn(v.ratedKw)}`,
    zh: (v) => `登记之外的 ${wattsZh(v.kw)} 可能出自磨损的 ${wattsZh(v.ratedKw)} 登记设备`,
  },
  'grade-permit': {
    en: () => 'a permit covers this time',
    zh: () => '此时段有许可作业',
  },
  'grade-late': {
    en: (v) => `readings of ${sensorKinds(v.kinds, 'en')} were sent late`,
    zh: (v) => `${sensorKinds(v.kinds, 'zh')}的数据系补传`,
  },
  'sharp-onset': {
    en: (v) => `comes up within ${spoken(v.attackS)} s`,
    zh: (v) => `${spoken(v.attackS)} 秒内陡然起跳`,
  },
  'round-of-shots': {
    en: (v) => `${v.shots} shots of like strength within ${lastsEn(v.spanS)}`,
    zh: (v) => `${lastsZh(v.spanS)}内 ${v.shots} 响，强度相近（延期爆破）`,
  },
  'single-burst': {
    en: (v) => `one burst of ${lastsEn(v.spanS)}`,
    zh: (v) => `单次爆发，${lastsZh(v.spanS)}`,
  },
  'slow-swell': {
    en: (v) => `swells for ${lastsEn(v.riseS)}`,
    zh: (v) => `缓慢增强 ${lastsZh(v.riseS)}`,
  },
  'even-steps': {
    en: (v) => `${v.count} even steps, one each ${spoken(v.intervalS)} s`,
    zh: (v) => `均匀步伐 ${v.count} 步，间隔 ${spoken(v.intervalS)} 秒`,
  },
  'low-frequency': {
    en: (v) => `${percent(v.lowShare)} % of the energy below 9 Hz, ${lastsEn(v.durationS)} long`,
    zh: (v) => `9 赫兹以下能量占 ${percent(v.lowShare)}%，持续 ${lastsZh(v.durationS)}`,
  },
  'slow-coda': {
    en: (v) => `dies slowly, ${spoken(v.dbPerS)} dB a second: drawn out by distance`,
    zh: (v) => `衰减缓慢，每秒 ${spoken(v.dbPerS)} 分贝：远处传来`,
  },
  'quick-end': {
    en: (v) => `over quickly, ${spoken(v.dbPerS)} dB a second: near by`,
    zh: (v) => `迅速衰减，每秒 ${spoken(v.dbPerS)} 分贝：近处`,
  },
  'two-waves': {
    en: (v) => `two waves ${spoken(v.lagS)} s apart: about ${metres(v.distanceKm)} km`,
    zh: (v) => `两组波相隔 ${spoken(v.lagS)} 秒：约 ${metres(v.distanceKm)} 公里`,
  },
  'above-background': {
    en: (v) => `${spoken(v.snrDb)} dB above the background`,
    zh: (v) => `高出背景 ${spoken(v.snrDb)} 分贝`,
  },
  'air-wave': {
    en: (v) =>
      `air wave of ${spoken(v.peakPa)} Pa ${spoken(v.delayS)} s after the ground: about ${metres(v.distanceM)} m`,
    zh: (v) => `地面之后 ${spoken(v.delayS)} 秒有空气冲击波 ${spoken(v.peakPa)} 帕：约 ${metres(v.distanceM)} 米`,
  },
  'thunder-in-air': {
    en: (v) => `thunder in the air: ${spoken(v.peakPa)} Pa for ${lastsEn(v.durationS)}`,
    zh: (v) => `空气中有雷声：${spoken(v.peakPa)} 帕，${lastsZh(v.durationS)}`,
  },
  'felt-earthquake': {
    en: (v) => `earthquake felt at ${v.sites} sites${awayEn(v.km)}`,
    zh: (v) => `${v.sites} 个站点同时感到的地震${awayZh(v.km)}`,
  },
  'felt-quarry': {
    en: (v) =>
      `${v.quarry ? `licensed blast of ${v.quarry}` : 'blast of a quarry'}, felt at ${v.sites} ${v.sites === 1 ? 'site' : 'sites'}${awayEn(v.km)}`,
    zh: (v) => `${v.quarry ? `${v.quarry}（持证）爆破` : '采石场爆破'}，${v.sites} 个站点感到${awayZh(v.km)}`,
  },
  'felt-thunder': {
    en: (v) => `thunder that passed ${v.sites} sites at the speed of sound`,
    zh: (v) => `雷声以声速先后经过 ${v.sites} 个站点`,
  },
  'felt-far': {
    en: (v) => `felt at ${v.sites} sites: from far${awayEn(v.km)}`,
    zh: (v) => `${v.sites} 个站点同时感到：来自远处${awayZh(v.km)}`,
  },
  'near-other-site': {
    en: (v) => `far stronger at ${v.site}: near that site${awayEn(v.km)}`,
    zh: (v) => `${v.site} 处强得多：发生在该站点附近${awayZh(v.km)}`,
  },
  'near-this-site': {
    en: (v) => `stands out of what ${v.sites} sites felt at the time: near this one`,
    zh: (v) => `当时 ${v.sites} 个站点有感，此处明显突出：发生在本站点附近`,
  },
  'located-within': {
    en: (v) => `located within ${metres(v.km)} km`,
    zh: (v) => `定位误差约 ${metres(v.km)} 公里`,
  },
  'machine-level': {
    en: (v) => `${spoken(v.excessDb)} dB above the quiet level for ${lastsEn(v.seconds)}`,
    zh: (v) => `高出平静水平 ${spoken(v.excessDb)} 分贝，${lastsZh(v.seconds)}`,
  },
  'machine-tone': {
    en: (v) => `a line at ${spoken(v.hz)} Hz, ${spoken(v.db)} dB`,
    zh: (v) => `${spoken(v.hz)} 赫兹处有谱线，${spoken(v.db)} 分贝`,
  },
  'irregular-blows': {
    en: (v) => `irregular blows, kurtosis ${spoken(v.kurtosis)}`,
    zh: (v) => `不规则敲击，峭度 ${spoken(v.kurtosis)}`,
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
