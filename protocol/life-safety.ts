/**
 * Names of loads whose loss endangers people below ground: ventilation, drainage, hoisting, breathing air, gas
 * monitoring, communication, light, refuge. Decides from words alone, so it errs on the safe side: a word inside
 * another word counts, and a name in letters that only look like ours is not believed. It cannot see what a survey
 * left out: that is what the load class is for.
 * @see 煤矿安全规程 on first- and second-class loads of a mine
 */
const WORDS = [
  'fan',
  'ventilat',
  'blower',
  'airflow',
  'pump',
  'drain',
  'dewater',
  'sump',
  'hoist',
  'winch',
  'winder',
  'winding',
  'cage',
  'lift',
  'elevator',
  'manriding',
  'ropeway',
  'compressor',
  'compressedair',
  'breathing',
  'gas',
  'methane',
  'monitor',
  'sensor',
  'detector',
  'communicat',
  'telephone',
  'phone',
  'radio',
  'intercom',
  'broadcast',
  'siren',
  'escape',
  'emergency',
  'light',
  'lamp',
  'refuge',
  'rescue',
  'medical',
  'lifesafety',
  'lifesupport',
  'oxygen',
  '风机',
  '通风',
  '主扇',
  '局扇',
  '扇风',
  '鼓风',
  '抽风',
  '送风',
  '水泵',
  '泵',
  '排水',
  '抽水',
  '疏干',
  '提升',
  '绞车',
  '卷扬',
  '罐笼',
  '电梯',
  '升降',
  '猴车',
  '架空乘人',
  '人车',
  '索道',
  '空压',
  '压风',
  '压缩',
  '瓦斯',
  '抽采',
  '抽放',
  '气体',
  '监测',
  '监控',
  '监视',
  '传感',
  '通信',
  '通讯',
  '电话',
  '调度',
  '广播',
  '对讲',
  '警报',
  '报警',
  '照明',
  '灯',
  '避险',
  '避难',
  '硐室',
  '救援',
  '救护',
  '医疗',
  '氧',
  '应急',
  '保安',
  '逃生',
  '風機',
  '通風',
  '絞車',
  '空壓',
  '壓風',
  '監測',
  '監控',
  '通訊',
  '電話',
  '燈',
  '應急',
  '壓縮',
  '捲揚',
  '電梯',
  '昇降',
  '抽風',
  '送風',
  '排風',
  '排风',
  '引风',
  '轴流',
  '对旋',
  '傳感',
  '監視',
  '廣播',
  '對講',
  '報警',
  '警報',
  '調度',
  '避難',
  '避灾',
  '救護',
  '醫療',
  '呼吸',
  '吊笼',
  '缆车',
  '消防',
  '定位',
  'fire',
  'exhaust',
  'telecom',
] as const

/** Letters that could stand for others without a person seeing it: no load of ours is written in them. */
const OTHER_SCRIPT = /[^\P{L}\p{Script=Latin}\p{Script=Han}]/u
/** Radicals are drawn like characters and are none; what NFKC does not turn into characters cannot be read. */
const RADICAL = /[\u2e80-\u2fdf]/u

/** The life-safety word that a load's name contains, or `null`. */
export function lifeSafetyWord(load: string): string | null {
  const plain = lettersOf(load)
  return WORDS.find((word) => plain.includes(word)) ?? null
}

/** Why a load may not be cut: a life-safety word, or a name that says nothing or cannot be read; `null` when it may. */
export type LoadProblem =
  | { readonly kind: 'life-safety'; readonly word: string }
  | { readonly kind: 'nameless' | 'unreadable' }

export function loadProblem(load: string): LoadProblem | null {
  const word = lifeSafetyWord(load)
  if (word !== null) return { kind: 'life-safety', word }
  const plain = lettersOf(load)
  if (!/\p{L}/u.test(plain)) return { kind: 'nameless' }
  return OTHER_SCRIPT.test(plain) || RADICAL.test(load.normalize('NFKC')) ? { kind: 'unreadable' } : null
}

/** Full-width letters, accents, blanks and marks go: 'ＦＡＮ', 'fán', 'gas-monitor' and 'g a s' read as they sound. */
const lettersOf = (load: string): string =>
  load
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .normalize('NFKC')
