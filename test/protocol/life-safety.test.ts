import { lifeSafetyWord } from '@minewarden/protocol/life-safety.ts'
import { expect, test } from 'vitest'

test.each([
  ...['main fan', 'Local Ventilator', 'DRAINAGE PUMP', 'dewatering', 'man hoist', 'winch no. 2', 'air compressor'],
  ...['gas monitor', 'Gas-Monitoring', 'g a s', 'CH4 methane sensor', 'communication', 'tele phone', 'escape lighting'],
  ...[
    'refuge chamber',
    '主通风机',
    '局部通风机',
    '井下水泵',
    '中央排水',
    '提升机',
    '绞车',
    '空压机',
    '压风自救',
    '瓦斯监控',
  ],
  ...[
    '通信基站',
    '调度电话',
    '应急照明',
    '矿灯充电',
    '风 机',
    '水-泵',
    'ＦＡＮ',
    '避难硐室',
    '保安负荷',
    '主扇',
    '架空乘人装置',
  ],
])('%s is life safety', (load) => expect(lifeSafetyWord(load)).not.toBeNull())

test.each(['破碎机', '地面皮带', '球磨机', '工棚', 'crusher', 'surface conveyor', 'workshop', 'ball mill'])(
  '%s is not life safety',
  (load) => expect(lifeSafetyWord(load)).toBeNull(),
)
