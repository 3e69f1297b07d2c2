/**
 * What blasting may do to what stands near by: limits of GB 6722 as data. Each axis is held against the limit at its own
 * frequency. This is information for the county about its buildings and people; it says nothing about whether a mine
 * was reopened, and detection does not use it.
 *
 * The table's text itself was not at hand: rows of table 2 are as two independent blast-monitoring programs carry them,
 * and clause 13.3.3 as published on jianbiaoku.com. Hold them against the printed standard before they are used in law.
 * The figures that most web pages show (0.5-1.0 cm/s for adobe houses) are those of GB 6722-2003, which is superseded.
 */
import { z } from 'zod'

/** Rows of table 2, by what is to be protected. */
export const PROTECTED_OBJECTS = [
  'adobe-house',
  'dwelling',
  'commercial-building',
  'ancient-monument',
  'power-station-control',
  'hydraulic-tunnel',
  'traffic-tunnel',
  'mine-roadway',
  'rock-slope',
  'fresh-concrete-3d',
  'fresh-concrete-7d',
  'fresh-concrete-28d',
] as const
export const ProtectedObject = z.enum(PROTECTED_OBJECTS)
export type ProtectedObject = z.infer<typeof ProtectedObject>

/** Lower and upper end of what is allowed, cm/s as the standard writes it. */
type Range = readonly [number, number]

interface LimitRow {
  /** The standard's own name. */
  readonly name: string
  /** At `bandsHz`: up to 10 Hz, above 10 to 50 Hz, above 50 Hz. */
  readonly cmPerS: readonly [Range, Range, Range]
}

export interface BlastLimits {
  readonly id: string
  readonly source: string
  /** Whether someone has held these figures against the printed text. */
  readonly checked: boolean
  /** Upper ends of all bands but the last, which is open. */
  readonly bandsHz: readonly [number, number]
  readonly rows: Readonly<Record<ProtectedObject, LimitRow>>
  /** Overpressure that persons without shelter may be exposed to. */
  readonly airPa: number
}

export const GB_6722_2014: BlastLimits = {
  id: 'GB 6722-2014 (2016)',
  source: 'GB 6722-2014 with amendment 1 of 2016, table 2 and clause 13.3.3',
  checked: false,
  bandsHz: [10, 50],
  rows: {
    'adobe-house': {
      name: '土窑洞、土坯房、毛石房屋',
      cmPerS: [
        [0.15, 0.45],
        [0.45, 0.9],
        [0.9, 1.5],
      ],
    },
    dwelling: {
      name: '一般民用建筑物',
      cmPerS: [
        [1.5, 2],
        [2, 2.5],
        [2.5, 3],
      ],
    },
    'commercial-building': {
      name: '工业和商业建筑物',
      cmPerS: [
        [2.5, 3.5],
        [3.5, 4.5],
        [4.2, 5],
      ],
    },
    'ancient-monument': {
      name: '一般古建筑与古迹',
      cmPerS: [
        [0.1, 0.2],
        [0.2, 0.3],
        [0.3, 0.5],
      ],
    },
    'power-station-control': {
      name: '运行中的水电站及发电厂中心控制室设备',
      cmPerS: [
        [0.5, 0.6],
        [0.6, 0.7],
        [0.7, 0.9],
      ],
    },
    'hydraulic-tunnel': {
      name: '水工隧洞',
      cmPerS: [
        [7, 8],
        [8, 10],
        [10, 15],
      ],
    },
    'traffic-tunnel': {
      name: '交通隧道',
      cmPerS: [
        [10, 12],
        [12, 15],
        [15, 20],
      ],
    },
    'mine-roadway': {
      name: '矿山巷道',
      cmPerS: [
        [15, 18],
        [18, 25],
        [20, 30],
      ],
    },
    'rock-slope': {
      name: '永久性岩石高边坡',
      cmPerS: [
        [5, 9],
        [8, 12],
        [10, 15],
      ],
    },
    'fresh-concrete-3d': {
      name: '新浇大体积混凝土（C20），龄期初凝～3 d',
      cmPerS: [
        [1.5, 2],
        [2, 2.5],
        [2.5, 3],
      ],
    },
    'fresh-concrete-7d': {
      name: '新浇大体积混凝土（C20），龄期 3 d～7 d',
      cmPerS: [
        [3, 4],
        [4, 5],
        [5, 7],
      ],
    },
    'fresh-concrete-28d': {
      name: '新浇大体积混凝土（C20），龄期 7 d～28 d',
      cmPerS: [
        [7, 8],
        [8, 10],
        [10, 12],
      ],
    },
  },
  airPa: 2000,
}

/** The most delicate row: what is judged by where a site does not say what stands near it. */
export const STRICTEST_OBJECT: ProtectedObject = 'ancient-monument'
