import { ORDER_STATES } from '../../cloud/core/ports.ts'
import type { Board } from '../board.ts'
import { NEUTRAL, worseBelow, worseFrom } from '../colours.ts'
import { bars, figure, lines, table } from '../panel.ts'
import { column, facts, overTime, total } from '../query.ts'
import { both, type Text } from '../text.ts'
import { NONE, NOT_WRITTEN, OF_COUNTY } from './common.ts'

type OrderState = (typeof ORDER_STATES)[number]
const STATE_NAMES: { readonly [S in OrderState]: Text } = {
  drafted: both('草拟', 'drafted'),
  'approved-once': both('一人批准', 'approved once'),
  approved: both('两人批准', 'approved'),
  issued: both('已下达', 'issued'),
  received: both('已收到', 'received'),
  accepted: both('已受理', 'accepted'),
  refused: both('被拒绝', 'refused'),
  executed: both('已执行', 'executed'),
  'effect-verified': both('断电有效', 'effect verified'),
  ineffective: both('断电无效', 'ineffective'),
  watched: both('七十二小时看守', '72 h watch'),
  restored: both('已恢复供电', 'restored'),
  closed: both('已办结', 'closed'),
  cancelled: both('已撤销', 'cancelled'),
  expired: both('已过期', 'expired'),
  undeliverable: both('无法送达', 'undeliverable'),
}
const counted = (states: readonly OrderState[]) => states.map((state) => [state, STATE_NAMES[state]] as const)
const sums = (states: readonly OrderState[]) => [
  total('orders', counted(states), ['county', 'supplier'], { where: OF_COUNTY }),
]
const BY_SUPPLIER = { by: ['supplier'], where: OF_COUNTY } as const
const HOUR_S = 3_600

/** Cut-off orders on their way. */
export const ORDERS: Board = {
  id: 'orders',
  title: both('断电令', 'Orders'),
  question: both('断电令卡在哪里？', 'Where is an order stuck?'),
  variables: ['county'],
  back: '7d',
  page: '/orders',
  panels: [
    bars({
      title: both('漏斗', 'Funnel'),
      what: both('各县、各供电企业在每一步骤上的断电令数。', 'Orders at each step, by county and power company.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL },
      queries: [
        overTime(
          'orders',
          ORDER_STATES.map((state) => column(`last("${state}")`, STATE_NAMES[state])),
          { by: ['county', 'supplier'], where: OF_COUNTY },
        ),
      ],
    }),
    figure({
      title: both('在办', 'Open'),
      what: both('尚未结束的断电令。', 'Orders that have not ended.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, width: 4, height: 5 },
      queries: [total('orders', [['open', both('在办', 'open')]], ['county', 'supplier'], { where: OF_COUNTY })],
    }),
    figure({
      title: both('断电无效', 'Ineffective'),
      what: both(
        '执行后仍有电或机器仍在转：现场核查。',
        'Executed, and yet there is power or machines work: send somebody.',
      ),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: worseFrom(1, 1), width: 4, height: 5 },
      queries: sums(['ineffective']),
    }),
    figure({
      title: both('七十二小时看守', '72 h watch'),
      what: both('断电有效、仍在看守的断电令。', 'Orders whose effect is verified and which are watched.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, width: 4, height: 5 },
      queries: sums(['watched']),
    }),
    lines({
      title: both('在办断电令', 'Open orders'),
      what: both('各供电企业在办的断电令。', 'Open orders of each power company.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, height: 5 },
      queries: [overTime('orders', [column('max("open")', both('在办', 'open'))], BY_SUPPLIER)],
    }),
    lines({
      title: both('供电企业答复等待', 'Wait for the power company'),
      what: both(
        '最早一份未答复断电令已下达多久：超过半小时须电话催办。',
        'Since the issue of the oldest unanswered order: call after half an hour.',
      ),
      ...{ unit: 's', noData: NOT_WRITTEN, thresholds: worseFrom(HOUR_S / 4, HOUR_S / 2) },
      queries: [overTime('orders', [column('max("longestWaitS")', both('等待', 'waits'))], BY_SUPPLIER)],
    }),
    lines({
      title: both('距失效', 'To the end of validity'),
      what: both('最先失效的在办断电令还剩多久。', 'Of the open order that ends first.'),
      ...{
        unit: 's',
        noData: both('没有在办的断电令', 'no order is open'),
        thresholds: worseBelow(4 * HOUR_S, HOUR_S),
      },
      queries: [overTime('orders', [column('min("leastRemainingS")', both('剩余', 'remaining'))], BY_SUPPLIER)],
    }),
    lines({
      title: both('从草拟到各步骤', 'From the draft to each step'),
      what: both('每步距草拟的平均用时。', 'Mean time from the draft to each state.'),
      ...{ unit: 's', noData: NONE, thresholds: NEUTRAL },
      queries: [
        overTime('order', [column('mean("sinceDraftS")', both('用时', 'took'))], {
          by: ['orderState'],
          where: OF_COUNTY,
        }),
      ],
    }),
    lines({
      title: both('从下达到各步骤', 'From the issue to each step'),
      what: both('按供电企业：每步距下达的平均用时。', 'By company: mean time from the issue to each state.'),
      ...{ unit: 's', noData: NONE, thresholds: NEUTRAL },
      queries: [
        overTime('order', [column('mean("sinceIssueS")', both('用时', 'took'))], {
          by: ['supplier', 'orderState'],
          where: OF_COUNTY,
        }),
      ],
    }),
    table({
      title: both('办理记录', 'Stories'),
      what: both(
        '每份断电令的每一步；负的剩余时间即已过期。',
        'Each step of each order; a negative rest is past the end.',
      ),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL, height: 12 },
      queries: [
        facts(
          'order',
          [
            ['order', both('断电令', 'order')],
            ['sequence', both('序号', 'number')],
            ['site', both('矿点', 'site')],
            ['supplier', both('供电企业', 'company')],
            ['what', both('步骤', 'step')],
            ['sinceIssueS', both('距下达', 'since issue'), 's'],
            ['remainingS', both('剩余', 'remaining'), 's'],
          ],
          { where: OF_COUNTY },
        ),
      ],
    }),
  ],
}
