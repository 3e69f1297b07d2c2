import type { Reason } from '@minewarden/protocol/finding.ts'
import { AUTHORITY_SENTENCES, AUTHORITY_TABLES } from './order-authority-text.ts'
import { LAW_SENTENCES, LAW_TABLES } from './order-law-text.ts'

/**
 * What gates find and what happens to an order, as data: a code of this table and the values that its sentence needs.
 * Pages show the sentence in their own language; the audit log keeps both the data and the English line.
 */
export type Language = 'zh' | 'en'
type Sentence = { readonly [L in Language]: string }

/** `{name}` is a value; `{name|table}` one that is looked up in a table of words; `{name|clock}` an ISO time. */
const SENTENCES = {
  ...AUTHORITY_SENTENCES,
  ...LAW_SENTENCES,
  // What gates find.
  'finding-late': {
    en: 'the finding was late: measured too long before it was judged',
    zh: '研判结果迟到，测量时间过早',
  },
  'finding-ahead': { en: 'the finding lies in the future', zh: '研判结果的时间在未来' },
  'not-reopened': {
    en: 'the site is {state|site} and was last reopened at {at|clock}',
    zh: '矿点现为“{state|site}”，最后一次判定复开在 {at|clock}',
  },
  'few-kinds': {
    en: 'two kinds of sensor are needed, there is {kinds|kinds}',
    zh: '需要两类相互独立的传感器证据，现有：{kinds|kinds}',
  },
  'no-evidence': { en: 'no hash of evidence', zh: '没有已固定的证据' },
  unregistered: { en: 'the site is not in the register', zh: '矿点不在登记册中' },
  'points-changed': {
    en: 'the supply points in the register are no longer those of the order',
    zh: '登记册中的供电点与指令所列不再一致',
  },
  permit: { en: 'lawful work is permitted: {reason}, from {from} to {to}', zh: '有许可作业：{reason}，{from} 至 {to}' },
  'supplier-unknown': { en: 'supplier {supplier} is not known', zh: '供电单位 {supplier} 未登记' },
  'other-supplier': {
    en: '{point}: supplied by {supplier}, not by {expected}',
    zh: '{point}：由 {supplier} 供电，不是 {expected}',
  },
  'survey-ahead': { en: '{point}: the survey is dated in the future', zh: '{point}：勘查日期在未来' },
  'loads-unlisted': { en: '{point}: what hangs on it is not listed', zh: '{point}：没有列出所带负荷' },
  'load-life-safety': { en: "{point}: life safety: '{load}'", zh: '{point}：保安负荷“{load}”' },
  'load-nameless': { en: '{point}: a load without a name', zh: '{point}：有未写名称的负荷' },
  'load-unreadable': {
    en: "{point}: '{load}' is written in letters that are not Latin or Chinese",
    zh: '{point}：负荷名称“{load}”含有无法核对的字符',
  },
  residents: { en: '{point}: residents hang on it', zh: '{point}：带有居民用电' },
  'meter-unregistered': {
    en: '{point}: its meter is not registered as a power meter of this site',
    zh: '{point}：所指电能表未登记在本矿点',
  },
  'basis-unknown': { en: "'{basis}' is not a basis that we know", zh: '法律依据“{basis}”未登记' },
  'past-validity': { en: 'past its time: {at|clock}', zh: '已过有效期：{at|clock}' },
  'clock-before-draft': { en: 'the clock stands before the draft', zh: '系统时钟早于起草时间' },
  'valid-too-long': { en: 'valid for too long', zh: '有效期过长' },
  'other-order': { en: 'another order for this site is open', zh: '本矿点另有未办结的指令' },
  drill: { en: 'a drill is not an order', zh: '演练不能作为指令' },
  'approvals-missing': { en: '{given} of {needed} approvals', zh: '需 {needed} 人审批，现有 {given} 人' },
  'user-twice': { en: 'one user approved twice', zh: '同一人审批了两次' },
  'department-twice': { en: 'two approvals from one department', zh: '两人来自同一部门' },
  'no-head': { en: 'no head of a department among them', zh: '其中没有部门负责人' },
  'other-document': { en: '{user} approved another document', zh: '{user} 审批的不是这份文件' },
  'approver-gone': {
    en: '{user} is no longer registered as the official who approved',
    zh: '审批人 {user} 的登记已变更或撤销',
  },
  // What a selected point is refused for.
  'stopped-by': { en: 'stopped by {name}: {reason}', zh: '已由 {name} 叫停：{reason}' },
  'not-under-way': { en: 'the order is {state|order}', zh: '指令已是“{state|order}”' },
  'point-unknown': { en: '{point}: not in the order', zh: '{point}：不在指令中' },
  'point-done': { en: '{point}: already reported', zh: '{point}：已有结果' },
  'selected-too-often': { en: '{point}: selected too often', zh: '{point}：选择次数过多' },
  'selection-old': {
    en: '{point}: selection {selection} is not a later one',
    zh: '{point}：第 {selection} 次选择已过时',
  },
  'already-permitted': {
    en: '{point}: a permission is in force until {until|clock}',
    zh: '{point}：已有操作许可，有效至 {until|clock}',
  },
  'at-select': { en: 'gate {gate}', zh: '关口 {gate}' },
  'no-restoration': { en: 'no restoration is under way', zh: '没有正在办理的恢复供电' },
  'stage-before': { en: 'the stage before is not back: {points|kinds}', zh: '上一级尚未恢复：{points|kinds}' },
  'gas-unchecked': { en: 'no gas check for this stage ({stage|stage})', zh: '本级（{stage|stage}）尚未检查气体' },
  'gas-old': {
    en: 'the gas check of {at|clock} is not of the last half hour',
    zh: '{at|clock} 的气体检查不在半小时内',
  },
  'gas-alone': { en: 'one person cannot be measurer and witness', zh: '检查人与见证人不能为同一人' },
  'gas-place': { en: 'not measured: {place|place}', zh: '未检查：{place|place}' },
  'gas-untold': { en: '{where}: {gas|gas} not told', zh: '{where}：未填 {gas|gas}' },
  'gas-over': { en: '{where}: {gas|gas} {value}, at most {limit}', zh: '{where}：{gas|gas} {value}，上限 {limit}' },
  'gas-under': { en: '{where}: {gas|gas} {value}, at least {limit}', zh: '{where}：{gas|gas} {value}，下限 {limit}' },
  'gas-by': {
    en: 'stage {stage}: {measuredBy}, witness {witness}',
    zh: '第 {stage} 级：{measuredBy} 检查，{witness} 见证',
  },
  'restored-point': { en: '{point}: {result|restored}', zh: '{point}：{result|restored}' },
  // What happens.
  'not-permitted': { en: '{point}: not to be operated now', zh: '{point}：此刻不得操作' },
  permitted: {
    en: '{point}: until {until|clock}; ticket {ticket}, {operator}, watched by {supervisor}',
    zh: '{point}：有效至 {until|clock}；操作票 {ticket}，操作人 {operator}，监护人 {supervisor}',
  },
  'no-permission': {
    en: '{point}: operated without a permission of ours',
    zh: '{point}：未经本系统许可即操作',
  },
  'withdrawn-unasked': { en: 'the order was not withdrawn', zh: '该指令并未撤回' },
  'withdrawn-with': { en: 'cut before the stop: {points|kinds}', zh: '叫停前已停：{points|kinds}' },
  'no-word': { en: 'stopped, and the supplier never said what it had done', zh: '已叫停，供电单位始终未回报' },
  'effect-verified': { en: 'every supply point is shown to be cut', zh: '全部供电点均已证实断电' },
  'effect-partial': { en: 'some supply points are shown to be cut, not all', zh: '仅部分供电点证实断电' },
  'effect-ineffective': { en: 'no supply point is shown to be cut', zh: '没有供电点证实断电' },
  'nothing-cut': { en: 'nothing was cut', zh: '没有停电' },
  'watched-until': { en: 'for {hours} hours', zh: '为期 {hours} 小时' },
  'watched-for-good': { en: 'until the power is lawfully restored', zh: '直至依法恢复供电' },
  'watch-over': { en: 'the time of the watch is over', zh: '值守期满' },
  'on-finding': { en: 'on the finding of {at|clock}', zh: '依据 {at|clock} 的研判结果' },
  approver: { en: '{name} ({department}, {role|role})', zh: '{name}（{department}，{role|role}）' },
  judged: { en: '{state|site} at {at|clock}', zh: '{at|clock} 判定为“{state|site}”' },
  'to-supplier': { en: 'to {supplier}', zh: '发往 {supplier}' },
  'at-issue': { en: 'refused at issue: gate {gate}', zh: '签发时未通过关口 {gate}' },
  'not-issued-in-time': { en: 'not issued in time', zh: '未能在有效期内签发' },
  'no-receipt': { en: 'no signed receipt in time', zh: '有效期内没有收到签收回执' },
  'some-points-only': { en: 'the supplier reported some supply points only', zh: '供电单位只回报了部分供电点' },
  'no-execution': { en: 'the supplier did not report an execution in time', zh: '供电单位未在有效期内回报执行' },
  'supplier-refused': { en: '{reason|refusal}: {detail}', zh: '{reason|refusal}：{detail}' },
  'after-state': {
    en: "'{answer|answer}' came when the order was {state|order}",
    zh: '指令已是“{state|order}”，又收到“{answer|answer}”',
  },
  contradiction: {
    en: "{point}: '{answer|answer}' after '{before|answer}'",
    zh: '{point}：先报“{before|answer}”，后报“{answer|answer}”',
  },
  'executed-at': { en: '{point}: at {at|clock}, {source}', zh: '{point}：{at|clock}，{source}' },
  'executed-late': { en: 'AFTER the order had expired', zh: '执行时指令已过有效期' },
  'point-failed': { en: '{point}: {detail}', zh: '{point}：{detail}' },
  'readback-closed': {
    en: '{point}: reported as executed, but its read-back is closed',
    zh: '{point}：回报已执行，但开关回读为合闸',
  },
  'meter-zero': {
    en: '{point}: about zero from {from|clock} to {to|clock}',
    zh: '{point}：{from|clock} 至 {to|clock} 功率和电流约为零',
  },
  'was-loaded': { en: 'before the cut it read {watts} W at {at|clock}', zh: '停电前 {at|clock} 读数 {watts} W' },
  'voltage-fell': { en: 'no load before the cut, but the voltage went with it', zh: '停电前无负荷，但电压随之消失' },
  'before-unknown': { en: 'what it read before the cut is not known', zh: '停电前的读数不详' },
  'was-zero': {
    en: '{point}: the meter was about zero before the cut already: it does not show that the cut had an effect',
    zh: '{point}：停电前电能表读数已约为零，不能证明停电生效',
  },
  'readings-simulated': { en: 'simulated readings', zh: '读数为模拟值' },
  'seen-by': {
    en: '{point}: no meter; seen on site by {people} at {at|clock}: {text}',
    zh: '{point}：无电能表；{people} 于 {at|clock} 现场核实：{text}',
  },
  'no-report': {
    en: '{point}: no meter, and nobody has reported from the site',
    zh: '{point}：无电能表，现场也无人报告',
  },
  'relay-off-loaded': {
    en: '{point}: the relay says off, and the load goes on',
    zh: '{point}：继电器已断开，负荷仍在',
  },
  'relay-off': { en: '{point}: the relay says off ({kind|relay})', zh: '{point}：继电器已断开（{kind|relay}）' },
  'measured-on-line': {
    en: '{point}: the meter measures on the line side: its voltage says nothing, power and current do',
    zh: '{point}：电能表在电源侧测量，电压不足为凭，以功率和电流为准',
  },
  'meter-loaded': { en: '{point}: still {watts} W at {at|clock}', zh: '{point}：{at|clock} 仍有 {watts} W' },
  'meter-silent': {
    en: '{point}: the meter did not show it: no reading since the execution',
    zh: '{point}：执行后电能表没有读数',
  },
  'meter-brief': {
    en: '{point}: the meter did not show it: about zero only from {from|clock}',
    zh: '{point}：电能表自 {from|clock} 起才约为零，时间不足',
  },
  /** Words of a person, a supplier or a machine, as they are. */
  text: { en: '{text}', zh: '{text}' },
} as const satisfies Record<string, Sentence>
export type NoteCode = keyof typeof SENTENCES

const TABLES: { readonly [table: string]: { readonly [word: string]: Sentence } } = {
  ...LAW_TABLES,
  ...AUTHORITY_TABLES,
  site: {
    sealed: { en: 'sealed', zh: '封闭' },
    watch: { en: 'watch', zh: '关注' },
    suspected: { en: 'suspected', zh: '疑似' },
    reopened: { en: 'reopened', zh: '复开' },
  },
  role: {
    officer: { en: 'officer', zh: '经办' },
    head: { en: 'head', zh: '负责人' },
    'duty-officer': { en: 'duty officer', zh: '值班员' },
    'legal-reviewer': { en: 'legal reviewer', zh: '法制审核' },
  },
  refusal: {
    'not-mine': { en: 'not-mine', zh: '不属本单位' },
    unsafe: { en: 'unsafe', zh: '不安全' },
    expired: { en: 'expired', zh: '已过期' },
    withdrawn: { en: 'withdrawn', zh: '已撤回' },
    policy: { en: 'policy', zh: '按规定不执行' },
    other: { en: 'other', zh: '其他原因' },
  },
  answer: {
    received: { en: 'received', zh: '签收' },
    accepted: { en: 'accepted', zh: '受理' },
    refused: { en: 'refused', zh: '拒绝' },
    executed: { en: 'executed', zh: '已执行' },
    failed: { en: 'failed', zh: '执行失败' },
    withdrawn: { en: 'withdrawn', zh: '已撤回' },
    seen: { en: 'seen on site', zh: '现场核实' },
    zero: { en: 'verified', zh: '已核实' },
    loaded: { en: 'still loaded', zh: '仍有负荷' },
    silent: { en: 'not shown', zh: '无读数' },
    'was-zero': { en: 'zero before', zh: '此前已为零' },
  },
  order: {
    refused: { en: 'refused', zh: '供电单位拒绝' },
    'effect-verified': { en: 'effect-verified', zh: '已核实' },
    ineffective: { en: 'ineffective', zh: '无效' },
    cancelled: { en: 'cancelled', zh: '已取消' },
    expired: { en: 'expired', zh: '已过期' },
    undeliverable: { en: 'undeliverable', zh: '无法送达' },
    accepted: { en: 'accepted', zh: '已受理' },
    executed: { en: 'executed', zh: '已执行' },
    watched: { en: 'watched', zh: '值守中' },
    restored: { en: 'restored', zh: '已恢复供电' },
    closed: { en: 'closed', zh: '已办结' },
    drafted: { en: 'drafted', zh: '待审批' },
    'approved-once': { en: 'approved once', zh: '已一人审批' },
    approved: { en: 'approved', zh: '已批准' },
    issued: { en: 'issued', zh: '已下达' },
    received: { en: 'received', zh: '已送达' },
  },
  relay: {
    internal: { en: 'its own switch', zh: '内置开关' },
    external: { en: 'only the command to an outer switch', zh: '仅为外置开关的命令' },
    none: { en: 'none', zh: '无' },
  },
  stage: {
    ventilation: { en: 'ventilation', zh: '通风' },
    underground: { en: 'underground', zh: '井下' },
    surface: { en: 'surface', zh: '地面' },
  },
  place: {
    switch: { en: 'within 20 m of switches', zh: '开关 20 m 内' },
    'local-fan': { en: 'within 10 m of the local fan', zh: '局部通风机 10 m 内' },
    'stopped-zone': { en: 'where ventilation stood still', zh: '停风区' },
  },
  gas: {
    methanePercent: { en: 'CH4 %', zh: '甲烷 %' },
    carbonDioxidePercent: { en: 'CO2 %', zh: '二氧化碳 %' },
    oxygenPercent: { en: 'O2 %', zh: '氧气 %' },
    carbonMonoxidePpm: { en: 'CO ppm', zh: '一氧化碳 ppm' },
    nitrogenDioxidePpm: { en: 'NO2 ppm', zh: '二氧化氮 ppm' },
  },
  restored: {
    'close-permitted': { en: 'close permitted', zh: '已许可合闸' },
    closed: { en: 'closed on site', zh: '已在现场合闸' },
    failed: { en: 'not given back', zh: '未能恢复' },
  },
  kinds: {
    geophone: { en: 'geophone', zh: '检波器' },
    'air-pressure': { en: 'air-pressure', zh: '空气压力传感器' },
    'power-meter': { en: 'power-meter', zh: '电能表' },
    'camera-probe': { en: 'camera-probe', zh: '视频探头' },
    enclosure: { en: 'enclosure', zh: '机箱' },
    none: { en: 'none', zh: '无' },
  },
}

/** A note of this table. Half a surrogate pair in somebody's words has no JSON form and may not stop the order. */
export const note = (code: NoteCode, values: Reason['values'] = {}): Reason => ({
  code,
  values: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value.toWellFormed() : value]),
  ),
})

export const isNoteCode = (code: string): code is NoteCode => Object.hasOwn(SENTENCES, code)

/** 14:31:07 of an ISO time: pages put the reader's own time zone into the value first. */
const timeOfDay = (iso: string): string => iso.slice(11, 19)

/** A note as a sentence; `null` for a code that is not of this table. `clock` writes an ISO time. */
export function noteText({ code, values }: Reason, language: Language, clock = timeOfDay): string | null {
  if (!isNoteCode(code)) return null
  return SENTENCES[code][language].replace(/\{(\w+)(?:\|(\w+))?\}/g, (_, name: string, table?: string) => {
    const value = String((Object.hasOwn(values, name) ? values[name] : undefined) ?? '')
    if (table === 'clock') return clock(value)
    return table === undefined ? value : wordOf(table, value, language)
  })
}

/** One word, or several with a comma between. */
const wordOf = (table: string, value: string, language: Language): string => {
  const words = TABLES[table] ?? {}
  const translate = (word: string) => (Object.hasOwn(words, word) ? (words[word]?.[language] ?? word) : word)
  return value
    .split(',')
    .map(translate)
    .join(language === 'zh' ? '、' : ', ')
}

/** Notes as one English line, with whole times: for the audit log and for refusals. */
export const describeNotes = (notes: readonly Reason[]): string =>
  notes.map((one) => noteText(one, 'en', (iso) => iso) ?? one.code).join('; ')
