import type { Words } from '../../http/deps.ts'

/** Texts of a blast's peaks against the limits. */
export const PEAK_TEXTS = {
  'peaks.summary': { zh: '质点峰值振速', en: 'Peak particle velocity' },
  'peaks.axis': { zh: '方向', en: 'Axis' },
  'peaks.vertical': { zh: '垂直', en: 'Vertical' },
  'peaks.north': { zh: '北', en: 'North' },
  'peaks.east': { zh: '东', en: 'East' },
  'peaks.vector': { zh: '矢量和', en: 'Vector sum' },
  'peaks.share': { zh: '占限值', en: 'Of limit' },
  'peaks.air': { zh: '空气冲击波 {pa} Pa，{db} dB(L)', en: 'Air overpressure {pa} Pa, {db} dB(L)' },
  'peaks.airShare': { zh: '（占限值 {share}）', en: ' ({share} of the limit)' },
  'peaks.below': { zh: '低于限值', en: 'below the limit' },
  'peaks.above': { zh: '超过限值', en: 'above the limit' },
  'peaks.undecidable': { zh: '在不确定度内，无法判定', en: 'within the uncertainty: not decidable' },
  'peaks.against': { zh: '依据 {limits}，保护对象：{object}', en: 'By {limits}; protected: {object}' },
  'peaks.note': {
    zh: '± 为扩展不确定度（k=2），不含安装耦合；未标者标定未知，按 ±50 % 判定。限值供参考，使用前请核对标准原文；与是否复开的研判无关。',
    en: '± is the expanded uncertainty (k=2), without the coupling to the ground; where it is missing the calibration is not known and ±50 % is taken. Hold the limits against the standard itself before use. No ground for judging a reopening.',
  },
  'object.adobe-house': { zh: '土窑洞、土坯房、毛石房屋', en: 'adobe and rubble houses' },
  'object.dwelling': { zh: '一般民用建筑物', en: 'dwellings' },
  'object.commercial-building': { zh: '工业和商业建筑物', en: 'industrial and commercial buildings' },
  'object.ancient-monument': { zh: '一般古建筑与古迹', en: 'ancient buildings' },
  'object.power-station-control': { zh: '电站（厂）中心控制室设备', en: 'power station control equipment' },
  'object.hydraulic-tunnel': { zh: '水工隧洞', en: 'hydraulic tunnels' },
  'object.traffic-tunnel': { zh: '交通隧道', en: 'traffic tunnels' },
  'object.mine-roadway': { zh: '矿山巷道', en: 'mine roadways' },
  'object.rock-slope': { zh: '永久性岩石高边坡', en: 'permanent rock slopes' },
  'object.fresh-concrete-3d': { zh: '新浇大体积混凝土（3 d 内）', en: 'fresh mass concrete, to 3 d' },
  'object.fresh-concrete-7d': { zh: '新浇大体积混凝土（3～7 d）', en: 'fresh mass concrete, 3 to 7 d' },
  'object.fresh-concrete-28d': { zh: '新浇大体积混凝土（7～28 d）', en: 'fresh mass concrete, 7 to 28 d' },
} as const satisfies Record<string, Words>
