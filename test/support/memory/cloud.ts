import type { Reason } from '@minewarden/protocol/finding.ts'
import { type Clock, type Instant, instant } from '@minewarden/protocol/time.ts'
import type { Logger } from '../../../cloud/core/ports.ts'
import { ProbeBoard } from '../../../cloud/core/probes/probe-board.ts'
import type { ServerDeps, Words } from '../../../cloud/http/deps.ts'
import { createMemoryAudit } from './audit.ts'
import { createMemoryEvidence } from './evidence.ts'
import { createMemoryFeedback } from './feedback.ts'
import { createMemoryHistory } from './history.ts'
import { createMemoryLive } from './live.ts'
import { createMemoryOrders } from './orders.ts'
import { createMemoryPictures } from './pictures.ts'
import { createMemoryProofs, createMemoryStandings } from './proofs.ts'
import { createMemorySessions } from './sessions.ts'
import { createMemorySites, sketchSite } from './sites.ts'
import { createMemoryReplays, createMemoryTuning } from './tuning.ts'
import { createMemoryWaveforms } from './waveforms.ts'

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

/** A log that a test can read. */
export function createMemoryLogger(): Logger & {
  readonly lines: { level: string; fields: object; message: string }[]
} {
  const lines: { level: string; fields: object; message: string }[] = []
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  const logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    lines,
    child: () => logger,
  }
  return logger
}

const WORDS: Record<string, (v: Reason['values']) => Words> = {
  quiet: (v) => ({ zh: `已平静 ${v.hours} 小时`, en: `Quiet for ${v.hours} hours` }),
  'blast-and-load': (v) => ({
    zh: `${v.blasts} 次疑似爆破，随后用电升至 ${v.kW} kW，超出登记负荷`,
    en: `${v.blasts} likely blasts, then the load rose to ${v.kW} kW, above the registered one`,
  }),
  'night-rhythm': (v) => ({
    zh: `${v.from}—${v.to} 震动与用电同起同落，呈作业节律`,
    en: `From ${v.from} to ${v.to} vibration and load rose and fell together, as work does`,
  }),
  'load-unexplained': (v) => ({
    zh: `用电 ${v.kW} kW，无登记设备可解释`,
    en: `A load of ${v.kW} kW that no registered equipment explains`,
  }),
  'single-kind': () => ({
    zh: '目前仅一类传感器有异常，尚不足以认定',
    en: 'One kind of sensor only: not enough to decide',
  }),
}

/** The words of the reasons that the sketches use. */
export const memoryReasonText = (reason: Reason): Words =>
  WORDS[reason.code]?.(reason.values) ?? { zh: reason.code, en: reason.code }

const SITES = [
  { id: 'qingshiao-1', name: '青石坳 1 号硐', latitude: 25.962, longitude: 111.021 },
  { id: 'laohuchong-n', name: '老虎冲铁矿北井', latitude: 25.931, longitude: 111.084 },
  { id: 'bainitang-2', name: '白泥塘煤矿 2 号风井', latitude: 26.013, longitude: 111.107 },
  { id: 'shihuiling', name: '石灰岭采石场', latitude: 25.884, longitude: 110.972 },
  { id: 'etang-old', name: '鹅塘旧选厂', latitude: 25.907, longitude: 111.152 },
  { id: 'shuangjiang', name: '双江口锡矿斜井', latitude: 26.041, longitude: 110.996 },
]

/** Every port of the server, in memory, over six sealed sites. */
export function createMemoryCloud(options: Partial<ServerDeps> = {}, now: Instant = systemClock.now()) {
  const live = createMemoryLive()
  const sites = createMemorySites(SITES.map((site) => sketchSite(site, now)))
  const feedback = createMemoryFeedback(sites)
  const tuning = createMemoryTuning()
  const replays = createMemoryReplays()
  const orders = createMemoryOrders(live)
  const sessions = createMemorySessions()
  const audit = createMemoryAudit()
  const evidence = createMemoryEvidence(orders)
  const history = createMemoryHistory()
  const waveforms = createMemoryWaveforms()
  const probes = new ProbeBoard({ sites: sites.list().map(({ site }) => site), stored: [] })
  const pictures = createMemoryPictures()
  const logger = createMemoryLogger()
  const deps: ServerDeps = {
    sites,
    feedback,
    tuning,
    replays,
    snapshotOf: () => undefined,
    orders,
    proofs: createMemoryProofs(),
    standings: createMemoryStandings(),
    sessions,
    audit,
    evidence,
    history,
    waveforms,
    probes,
    pictures,
    live,
    clock: systemClock,
    logger,
    reasonText: memoryReasonText,
    publicReading: true,
    staticDir: null,
    ...options,
  }
  return {
    deps,
    live,
    sites,
    feedback,
    tuning,
    replays,
    orders,
    sessions,
    history,
    waveforms,
    probes,
    pictures,
    evidence,
    logger,
  }
}
