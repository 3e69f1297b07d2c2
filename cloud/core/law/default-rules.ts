import { HOLIDAYS } from './calendar-data.ts'
import { LawRules } from './rules.ts'

/**
 * The law as it stands in the texts that were read; where the text does not say it in these words, or says nothing of
 * power, the entry says so (`lawyer`). A county replaces any of it with its own file.
 */
const ENFORCEMENT = '行政强制法（2011）'

type DemandInput = (typeof LawRules)['_zod']['input']['bases'][number]['demands'][number]

/** What every written decision of this kind needs. */
const DECISION: readonly DemandInput[] = [
  {
    step: 'officers',
    people: 2,
    certificates: true,
    source: `${ENFORCEMENT}第十七条、第十八条：两名以上行政执法人员、执法身份证件`,
  },
  { step: 'legal-review', people: 1, source: '行政处罚法（2021）第五十八条及各地重大执法决定法制审核办法' },
  {
    step: 'decision',
    number: true,
    people: 1,
    after: [
      'stop-decision',
      'refusal',
      'danger',
      'closure-decision',
      'no-operator',
      'seizure',
      'supply-finding',
      'urging',
      'statement-heard',
      'legal-review',
      'officers',
    ],
    source: `${ENFORCEMENT}第三十七条：以书面形式作出；停止供电决定书（TZGDJDS）`,
    lawyer: false,
  },
  {
    step: 'rights',
    details: ['government', 'court'],
    after: ['decision'],
    source: `${ENFORCEMENT}第三十七条第二款第四项：申请行政复议或者提起行政诉讼的途径和期限`,
    lawyer: false,
  },
  {
    step: 'service',
    number: true,
    people: 1,
    after: ['decision'],
    source: `${ENFORCEMENT}第三十八条：直接送达；送达回证`,
    lawyer: false,
  },
  {
    step: 'notice',
    number: true,
    after: ['decision'],
    source: '安全生产法（2021）第七十条第一款：通知应当采用书面形式；停止供电通知书（TZGDTZS）',
  },
]

/** Urging and hearing, which an emergency leaves no time for. */
const HEARING: readonly DemandInput[] = [
  {
    step: 'urging',
    number: true,
    after: ['stop-decision'],
    waivable: true,
    source: `${ENFORCEMENT}第三十五条：书面催告`,
  },
  {
    step: 'statement-heard',
    after: ['urging'],
    waivable: true,
    source: `${ENFORCEMENT}第三十六条：陈述和申辩，记录、复核`,
  },
]

const OPERATOR_NOTICE: DemandInput = {
  step: 'operator-notice',
  after: ['decision'],
  waivable: true,
  source: '安全生产法（2021）第七十条第一款：除有危及生产安全的紧急情形外，提前二十四小时通知生产经营单位',
  lawyer: false,
}

const STOP_DECISION: DemandInput = {
  step: 'stop-decision',
  number: true,
  source: '安全生产法（2021）第七十条：依法作出停产停业、停止施工、停止使用的决定',
  lawyer: false,
}

export const DEFAULT_LAW: LawRules = LawRules.parse({
  version: '2026-11',
  utcOffsetHours: 8,
  night: {
    fromHour: 22,
    toHour: 6,
    source: `${ENFORCEMENT}第四十三条第一款未规定夜间起止；二十二时至六时取自噪声污染防治法第八十八条`,
  },
  holidays: [...HOLIDAYS],
  stepMaxAgeDays: 180,
  waiverHours: 24,
  bases: [
    {
      code: 'work-safety-law-70',
      name: { zh: '安全生产法（2021）第七十条', en: 'Work Safety Law (2021), article 70' },
      inForceFrom: '2021-09-01',
      operatorKnown: true,
      issuers: ['emergency-management', 'coal-mine-safety', 'natural-resources'],
      demands: [
        STOP_DECISION,
        {
          step: 'refusal',
          people: 2,
          after: ['stop-decision'],
          source: '安全生产法（2021）第七十条：拒不执行',
          lawyer: false,
        },
        { step: 'danger', source: '安全生产法（2021）第七十条：有发生生产安全事故的现实危险', lawyer: false },
        ...HEARING,
        ...DECISION,
        OPERATOR_NOTICE,
      ],
      noticeHours: 24,
      noticeWaivable: true,
      lawyer: [
        '停止供电措施是否适用行政强制法第三十五条至第三十八条的催告、陈述申辩程序',
        '自然资源主管部门是否属于本地“负有安全生产监督管理职责的部门”',
      ],
    },
    {
      code: 'coal-safety-regulation-70',
      name: { zh: '煤矿安全生产条例（2024）第七十条', en: 'Coal Mine Safety Regulation (2024), article 70' },
      inForceFrom: '2024-05-01',
      minerals: ['coal'],
      operatorKnown: false,
      issuers: ['county-government'],
      demands: [
        {
          step: 'closure-decision',
          number: true,
          people: 1,
          source: '煤矿安全生产条例（2024）第七十条第二款：予以关闭的决定；停止供电',
          lawyer: false,
        },
        ...DECISION,
        { ...OPERATOR_NOTICE, lawyer: true },
      ],
      noticeHours: 24,
      noticeWaivable: true,
      lawyer: ['关闭决定作出后另行通知停电是否仍须提前二十四小时', '已注销主体复开时关闭决定的相对人'],
    },
    {
      code: 'state-council-446-13',
      name: { zh: '国务院令第446号 第十三条（已废止）', en: 'State Council order 446, article 13 (repealed)' },
      inForceFrom: '2005-09-03',
      inForceUntil: '2024-05-01',
      minerals: ['coal'],
      operatorKnown: false,
      issuers: ['county-government'],
      demands: [
        { step: 'closure-decision', number: true, people: 1, source: '国务院令第446号第十三条', lawyer: false },
        ...DECISION,
        { ...OPERATOR_NOTICE, lawyer: true },
      ],
      noticeHours: 24,
      noticeWaivable: true,
      lawyer: ['煤矿安全生产条例第七十六条：自2024年5月1日起废止，此后的指令以该条例第七十条为依据'],
    },
    {
      code: 'power-supply-regulation-40',
      name: { zh: '电力供应与使用条例 第三十条、第四十条', en: 'Power Supply Regulation, articles 30 and 40' },
      inForceFrom: '1996-09-01',
      operatorKnown: false,
      issuers: ['power-administration'],
      demands: [
        {
          step: 'supply-finding',
          number: true,
          people: 2,
          certificates: true,
          source: '电力供应与使用条例第三十条、第三十六条：擅自引入、供出电源；检查人员出示证件',
          lawyer: false,
        },
        ...HEARING.map((one) => ({ ...one, ...(one.step === 'urging' ? { after: ['supply-finding' as const] } : {}) })),
        ...DECISION,
        OPERATOR_NOTICE,
      ],
      noticeHours: 24,
      noticeWaivable: true,
      lawyer: [
        '第四十条授权的是供电企业“情节严重的，可以按照国家规定的程序停止供电”，不是行政机关',
        '窃电（第三十一条、第四十一条）由电力管理部门责令停止违法行为；停止供电的程序见供电营业规则（2024），尚未核对',
        '供电营业规则对停电通知另有时限，较二十四小时为长的，从其规定',
      ],
    },
    {
      code: 'mineral-resources-law-64',
      name: { zh: '矿产资源法（2024）第五十七条、第六十四条', en: 'Mineral Resources Law (2024), articles 57 and 64' },
      inForceFrom: '2025-07-01',
      operatorKnown: false,
      issuers: ['natural-resources', 'county-government'],
      demands: [
        {
          step: 'no-operator',
          people: 2,
          source: '矿产资源法（2024）第六十四条：未取得采矿权开采；难以查明违法主体的，记录查找经过并公告',
        },
        {
          step: 'stop-decision',
          number: true,
          after: ['no-operator'],
          source: '矿产资源法（2024）第六十四条：责令停止违法行为',
          lawyer: false,
        },
        {
          step: 'seizure',
          number: true,
          people: 2,
          certificates: true,
          after: ['stop-decision'],
          source: '矿产资源法（2024）第五十七条第一款第四项：查封直接用于违法开采的工具、设备、设施、场所',
          lawyer: false,
        },
        ...HEARING,
        ...DECISION,
        OPERATOR_NOTICE,
      ],
      noticeHours: 24,
      noticeWaivable: true,
      lawyer: [
        '矿产资源法未规定停止供电；以查封用电设施、场所为依据请供电单位停止供电是否成立',
        '违法主体不明时公告送达的期限（民事诉讼法第九十五条）与紧急情形的关系',
      ],
    },
  ],
})
