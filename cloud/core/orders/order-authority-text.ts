/** Sentences of who carries an order: approvals and their proofs, standing authorisations, veto windows, calls. */
interface Sentence {
  readonly zh: string
  readonly en: string
}

export const AUTHORITY_SENTENCES = {
  'proof-missing': {
    en: '{user}: no proof that is taken ({proof|proof})',
    zh: '{user}：没有可接受的身份证明（{proof|proof}）',
  },
  'proof-broken': { en: '{user}: the proof does not verify', zh: '{user}：身份证明核验不通过' },
  'standing-none': { en: 'no standing authorisation', zh: '没有预先授权' },
  'standing-other': { en: 'another standing authorisation than the one named', zh: '与指令所载的预先授权不是同一份' },
  'standing-times': { en: 'its times are none', zh: '预先授权的起止时间无效' },
  'standing-too-long': { en: 'valid for more than 90 days', zh: '预先授权期限超过 90 天' },
  'standing-over': { en: 'the standing authorisation ended at {at|clock}', zh: '预先授权已于 {at|clock} 到期' },
  'standing-not-yet': { en: 'the standing authorisation begins at {at|clock}', zh: '预先授权自 {at|clock} 起生效' },
  'standing-not-in-force': { en: 'the standing authorisation lacks a signature', zh: '预先授权尚未由两人签署' },
  'standing-revoked': { en: 'the standing authorisation was revoked', zh: '预先授权已撤销' },
  'standing-basis': {
    en: 'the legal basis is {now}, not {basis} as authorised',
    zh: '法律依据现为 {now}，预先授权所依据的是 {basis}',
  },
  'standing-other-site': { en: 'authorised for another site', zh: '预先授权针对的是另一矿点' },
  'standing-point-unnamed': { en: '{point}: not named in the authorisation', zh: '{point}：未列入预先授权' },
  'standing-point-changed': {
    en: '{point}: not, or no longer, as it stands in the register',
    zh: '{point}：与登记册所载不一致',
  },
  'standing-point-twice': { en: 'a supply point is named twice', zh: '同一供电点列了两次' },
  'standing-not-class-a': { en: '{point}: not class A', zh: '{point}：不是 A 类负荷' },
  'standing-no-survey': { en: '{point}: no survey', zh: '{point}：没有现场勘查记录' },
  'standing-no-competent-head': {
    en: 'no head of {department} among the two',
    zh: '两位签署人中没有主管部门（{department}）负责人',
  },
  'standing-unconfirmed': {
    en: 'the duty officer has not confirmed it',
    zh: '值班员尚未确认',
  },
  'under-standing': { en: 'under standing authorisation {standing}', zh: '依据预先授权 {standing}' },
  'confirmed-under': {
    en: 'confirmed under standing authorisation {standing}',
    zh: '依据预先授权 {standing} 确认',
  },
  'veto-until': {
    en: 'goes out at {until|clock} unless an officer stops it ({ground})',
    zh: '至 {until|clock} 无人否决即下达（{ground}）',
  },
  'veto-refused': { en: 'vetoed by {name}: {reason}', zh: '{name} 否决：{reason}' },
  'veto-none': { en: 'no veto window runs', zh: '没有进行中的否决期' },
  'veto-changed': { en: 'the county no longer has this veto window', zh: '本县已不再设此否决期' },
  'call-who': { en: 'called: {who|called}', zh: '呼叫：{who|called}' },
  'call-for': { en: 'to {call|call}', zh: '事项：{call|call}' },
} as const satisfies Record<string, Sentence>

export const AUTHORITY_TABLES = {
  proof: {
    passkey: { en: 'passkey', zh: '通行密钥' },
    totp: { en: 'one-time password', zh: '动态口令' },
    link: { en: 'sign-in link', zh: '登录链接' },
    none: { en: 'none', zh: '无' },
  },
  called: {
    officer: { en: 'officer', zh: '经办' },
    'duty-officer': { en: 'duty officer', zh: '值班员' },
    head: { en: 'head', zh: '负责人' },
    county: { en: 'county leader', zh: '县级领导' },
  },
  call: {
    approve: { en: 'approve or cancel', zh: '审批或撤销' },
    'approve-second': { en: 'give the second approval', zh: '给出第二份审批' },
    confirm: { en: 'confirm or cancel', zh: '确认或撤销' },
    veto: { en: 'stop it, if it must not go out', zh: '如不应下达，请否决' },
    look: { en: 'look at it', zh: '查看处理' },
  },
} as const
