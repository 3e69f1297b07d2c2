import type { LegalProblemCode } from '../law/problems.ts'
import type { IssuerKind, StepCode } from '../law/rules.ts'
import type { Disturbance, PEOPLE_PROBLEMS } from './people.ts'

/** Sentences and words of the law, of people below ground, and of the stages of a cut. */
interface Sentence {
  readonly zh: string
  readonly en: string
}

const LEGAL = {
  'no-record': { en: 'no law stands behind this order, or not this step', zh: '没有可适用的法律依据或该步骤不在其内' },
  'basis-not-yet': { en: '{basis}: law only from {from}', zh: '{basis}：自 {from} 起方施行' },
  'basis-repealed': { en: '{basis}: repealed from {until}', zh: '{basis}：已于 {until} 废止' },
  'basis-mineral': { en: '{basis}: not for this mineral ({mineral})', zh: '{basis}：不适用于该矿种（{mineral}）' },
  'basis-operator': {
    en: '{basis}: needs an operator who is known; the register names none',
    zh: '{basis}：须有明确的生产经营单位，登记册中没有',
  },
  'issuer-incompetent': {
    en: '{issuer|issuer} may not issue on {basis}',
    zh: '{issuer|issuer}无权依据 {basis} 作出决定',
  },
  'step-missing': { en: 'missing: {step|step}', zh: '缺：{step|step}' },
  'step-ahead': { en: '{step|step}: dated in the future', zh: '{step|step}：日期在未来' },
  'step-old': { en: '{step|step}: more than {days} days ago', zh: '{step|step}：已超过 {days} 天' },
  'step-number': { en: '{step|step}: no document number', zh: '{step|step}：没有文号' },
  'step-number-twice': { en: '{step|step}: number {number} is taken', zh: '{step|step}：文号 {number} 已被占用' },
  'step-people': { en: '{step|step}: needs {needed} named people', zh: '{step|step}：须写明 {needed} 人姓名' },
  'step-people-twice': { en: '{step|step}: one person is named twice', zh: '{step|step}：同一人写了两次' },
  'step-certificates': {
    en: '{step|step}: each needs an enforcement certificate of their own',
    zh: '{step|step}：每人须有各自的执法证号',
  },
  'step-detail': { en: '{step|step}: {detail|detail} is not named', zh: '{step|step}：未写明{detail|detail}' },
  'step-before': { en: '{step|step}: dated before {before|step}', zh: '{step|step}：早于{before|step}' },
  'step-reviewer': {
    en: '{step|step}: the reviewer is one of the officers',
    zh: '{step|step}：法制审核人不得是执法人员本人',
  },
  'step-stop-time': {
    en: '{step|step}: a time of the stop stands only in the decision, and not before it',
    zh: '{step|step}：停止供电时间只写入决定书，且不早于决定日期',
  },
  'sighting-words': {
    en: 'who saw it, of which unit, and what was seen, is missing',
    zh: '须写明核查人姓名、单位和所见情况',
  },
  'sighting-old': { en: 'seen more than {hours} h ago', zh: '核查已超过 {hours} 小时' },
  'sighting-ahead': { en: 'seen in the future', zh: '核查时间在未来' },
  'waiver-words': {
    en: 'the emergency needs a number, what the danger is, and why it cannot wait',
    zh: '紧急情形须有文号、写明危险和不能等待的理由',
  },
  'waiver-not-head': { en: 'an emergency is declared by a head', zh: '紧急情形须由部门负责人认定' },
  'waiver-ahead': { en: 'the emergency is dated in the future', zh: '紧急情形的认定日期在未来' },
  'waiver-lapsed': { en: 'the emergency was declared more than {hours} h ago', zh: '紧急情形认定已超过 {hours} 小时' },
  'waiver-unlawful': { en: '{basis} knows no emergency', zh: '{basis} 不设紧急情形' },
  'notice-missing': {
    en: 'the operator was not told {hours} h ahead, and no emergency is declared',
    zh: '未提前 {hours} 小时通知生产经营单位，也未认定紧急情形',
  },
  'notice-running': { en: 'power may be stopped from {at|clock} on', zh: '{at|clock} 起方可停电' },
  night: {
    en: 'night from {from} to {to} o’clock: not without an emergency',
    zh: '{from} 时至次日 {to} 时为夜间，非紧急情形不得执行',
  },
  holiday: {
    en: '{date} is a statutory holiday: not without an emergency',
    zh: '{date} 为法定节假日，非紧急情形不得执行',
  },
  'holidays-unknown': {
    en: 'the holidays of {date} are not listed: not without an emergency',
    zh: '{date} 所在年份的节假日未录入，非紧急情形不得执行',
  },
} as const satisfies Record<LegalProblemCode, Sentence>

const PEOPLE = {
  'people-unknown': { en: 'nobody has confirmed that no one is below ground', zh: '没有人确认井下无人' },
  'people-present': { en: 'people are below ground', zh: '井下有人' },
  'people-lapsed': {
    en: 'that no one is below ground was confirmed more than {minutes} min ago',
    zh: '井下无人的确认已超过 {minutes} 分钟',
  },
  'people-disturbed': {
    en: '{cause|disturbance} at {sensor}, {at|clock}: that no one is below ground must be confirmed again',
    zh: '{at|clock} {sensor} 有{cause|disturbance}，须重新确认井下无人',
  },
  'people-ahead': { en: 'dated in the future', zh: '时间在未来' },
  'people-too-few': {
    en: 'needs {needed} named people on site, each of a unit',
    zh: '须由现场 {needed} 人签字，写明姓名和单位',
  },
  'people-older': { en: 'a later word is recorded', zh: '已有更晚的说明' },
  'evacuation-none': { en: 'siren and messages have not been given', zh: '尚未鸣警、通知撤离' },
  'evacuation-early': { en: 'the order has not been issued', zh: '指令尚未下达' },
  'evacuation-running': { en: 'people have until {until|clock} to come out', zh: '撤离等待至 {until|clock}' },
  'evacuation-again': { en: 'the evacuation has begun already', zh: '撤离已经开始' },
  'evacuation-silent': { en: 'neither siren nor loudspeaker', zh: '既未鸣警也未广播' },
  'evacuation-untold': { en: 'who was told, and how, is missing', zh: '未写明通知了谁、如何通知' },
  'evacuation-helpers': {
    en: 'mine rescue and police must be on site, both named',
    zh: '矿山救护和公安须到场并写明姓名、单位',
  },
  'evacuation-neighbours': {
    en: 'what of connected workings near by (water, ventilation) is missing',
    zh: '未写明相邻连通巷道的情况（透水、通风）',
  },
  'evacuation-short': { en: 'the delay is at least {minutes} min', zh: '等待时间不得少于 {minutes} 分钟' },
  'all-out-none': { en: 'nobody has signed that all are out', zh: '没有“人员全部撤出”的签字' },
  'all-out-before': { en: 'all were said to be out before the evacuation began', zh: '“人员全部撤出”早于撤离开始' },
  'all-out-disturbed': {
    en: '{cause|disturbance} at {sensor}, {at|clock}: that all are out must be signed again',
    zh: '{at|clock} {sensor} 有{cause|disturbance}，“人员全部撤出”须重新签字',
  },
  'all-out-rescue': { en: 'mine rescue must sign too, as another person', zh: '矿山救护须另有一人签字' },
  'fumes-none': {
    en: 'a blast at {at|clock}: its fumes are not certified clear',
    zh: '{at|clock} 有爆破，尚无炮烟已清除的检测签字',
  },
  'fumes-soon': { en: 'measured less than {minutes} min after the blast', zh: '检测距爆破不足 {minutes} 分钟' },
  'fumes-old': { en: 'measured before the blast of {at|clock}', zh: '检测早于 {at|clock} 的爆破' },
  'fumes-over': {
    en: 'not clear: at most {coPpm} ppm CO and {no2Ppm} ppm NO2',
    zh: '未清除：CO 不得超过 {coPpm} ppm，NO2 不得超过 {no2Ppm} ppm',
  },
} as const satisfies Record<(typeof PEOPLE_PROBLEMS)[number], Sentence>

export const LAW_SENTENCES = {
  ...LEGAL,
  ...PEOPLE,
  'basis-steps': { en: '{basis}, rules {version}', zh: '{basis}，规则版本 {version}' },
  'competent-head-missing': { en: 'the head of {department} has not approved', zh: '{department}负责人尚未批准' },
  'before-cut': {
    en: '{point}: {before} comes first and is not shown to be cut',
    zh: '{point}：须先停 {before} 并核实',
  },
  'important-user': { en: '{point}: {kind|user} is not provided for', zh: '{point}：{kind|user}没有供电安排' },
  'step-recorded': {
    en: '{step|step}, {number}, {at|clock}, by {name}',
    zh: '{step|step}，{number}，{at|clock}，{name} 录入',
  },
  'sighting-recorded': { en: '{person} ({unit}) saw: {saw}', zh: '{person}（{unit}）现场核查：{saw}' },
  'grade-unmet': {
    en: 'the evidence is not of order grade, and nobody has confirmed it on site',
    zh: '证据未达到下达指令的等级，也没有人现场核查确认',
  },
  'waiver-recorded': {
    en: '{number}, declared by {name}: {danger}; {reason}',
    zh: '{number}，{name} 认定：{danger}；{reason}',
  },
  'steps-taken-over': { en: '{count} legal steps taken over from {order}', zh: '沿用 {order} 的法律步骤 {count} 项' },
  'people-said': { en: '{kind|ground}, {names}, {at|clock}', zh: '{kind|ground}，{names}，{at|clock}' },
  'evacuation-told': {
    en: '{minutes} min; rescue {rescue}, police {police}; {messages}',
    zh: '等待 {minutes} 分钟；救护 {rescue}，公安 {police}；{messages}',
  },
  'all-out-signed': { en: 'signed by {names} and {rescue}', zh: '{names} 和救护 {rescue} 签字' },
  'fumes-measured': {
    en: 'CO {coPpm} ppm, NO2 {no2Ppm} ppm, signed by {names}',
    zh: 'CO {coPpm} ppm，NO2 {no2Ppm} ppm，{names} 签字',
  },
  disturbance: { en: '{cause|disturbance} at {sensor}', zh: '{sensor}：{cause|disturbance}' },
} as const satisfies Record<string, Sentence>

const STEPS = {
  'stop-decision': { en: 'stop decision, served', zh: '责令停止决定书及送达' },
  refusal: { en: 'recorded refusal', zh: '拒不执行的现场记录' },
  danger: { en: 'real danger of an accident', zh: '有事故现实危险的认定' },
  'closure-decision': { en: 'closure decision', zh: '予以关闭的决定' },
  'no-operator': { en: 'search for an operator, and public notice', zh: '查找违法主体的经过及公告' },
  seizure: { en: 'seizure of what is used for mining', zh: '查封决定书' },
  'supply-finding': { en: 'supply inspection result', zh: '用电检查结果' },
  urging: { en: 'urging', zh: '催告书' },
  'statement-heard': { en: 'statement and defence heard', zh: '陈述申辩记录' },
  'legal-review': { en: 'legal review', zh: '法制审核' },
  officers: { en: 'two officers', zh: '两名执法人员' },
  decision: { en: 'decision to stop the power', zh: '停止供电决定书' },
  rights: { en: 'rights of review and suit', zh: '复议和诉讼权利告知' },
  notice: { en: 'notice to the supplier', zh: '停止供电通知书' },
  service: { en: 'proof of service', zh: '送达回证' },
  'operator-notice': { en: 'notice to the operator', zh: '通知生产经营单位' },
} as const satisfies Record<StepCode, Sentence>

export const LAW_TABLES = {
  step: STEPS,
  detail: {
    government: { en: 'the government that reviews', zh: '复议机关' },
    court: { en: 'the court', zh: '受理诉讼的法院' },
  },
  issuer: {
    'emergency-management': { en: 'emergency management', zh: '应急管理部门' },
    'coal-mine-safety': { en: 'coal mine safety', zh: '煤矿安全监管部门' },
    'natural-resources': { en: 'natural resources', zh: '自然资源主管部门' },
    'power-administration': { en: 'power administration', zh: '电力管理部门' },
    'county-government': { en: 'county government', zh: '县级人民政府' },
  } satisfies Record<IssuerKind, Sentence>,
  disturbance: {
    vibration: { en: 'vibration', zh: '震动' },
    air: { en: 'air pressure', zh: '气压变化' },
    machinery: { en: 'machinery', zh: '机械运转' },
    load: { en: 'a change of load', zh: '负荷变化' },
    probe: { en: 'a change of a camera probe', zh: '探头状态变化' },
    blast: { en: 'a blast', zh: '爆破' },
  } satisfies Record<Disturbance['cause'], Sentence>,
  ground: {
    'none-confirmed': { en: 'nobody below ground', zh: '确认井下无人' },
    unknown: { en: 'not known', zh: '情况不明' },
    present: { en: 'people below ground', zh: '井下有人' },
  },
  user: {
    medical: { en: 'a patient on medical equipment', zh: '居家医疗用户' },
    water: { en: 'water supply', zh: '供水用户' },
    communication: { en: 'communication', zh: '通信用户' },
    other: { en: 'an important user', zh: '重要用户' },
  },
} as const
