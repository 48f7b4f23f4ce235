//! Groups within groups: who belongs to a group because a group they are in belongs to it. Pure; groups and people are numbers here.

/// More effective memberships than this are taken for a mistake in the directory: every group within every other.
pub const MAX_MEMBERSHIPS: usize = 5_000_000;

/// What [`closure`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Closure {
    /// For every group the people in it or in any group below, in order, each once.
    pub members: Vec<Vec<u32>>,
    /// Groups that contain each other, each set in order. A group that only contains itself is none.
    pub circles: Vec<Vec<u32>>,
}

/// There were more effective memberships than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// The people of every group and of all groups below it. `direct` has the people of each group, `edges` the pairs (outer group, inner group); circles and
/// a group within itself are fine. Time and memory grow with the result, not with the number of paths.
///
/// # Errors
/// [`TooMany`] when the result would hold more than `limit` memberships.
pub(super) fn closure(direct: Vec<Vec<u32>>, edges: &[(u32, u32)], limit: usize) -> Result<Closure, TooMany> {
    let inner = Inner::new(direct.len(), edges);
    let people = direct.iter().flatten().max().map_or(0, |highest| *highest as usize + 1);
    let mut closure = Closure { members: direct, circles: Vec::new() };
    // The last set of groups in which a person was seen; saves a set per group.
    let (mut seen, mut stamp, mut total) = (vec![0_u32; people], 0_u32, 0);
    let mut budget = |count: usize| {
        total += count;
        if total > limit { Err(TooMany) } else { Ok(()) }
    };
    // Inner groups come before outer ones, so their members are complete.
    for mut circle in inner.components() {
        stamp += 1;
        let is_alone = circle.len() == 1 && inner.of(circle[0]).iter().all(|group| *group == circle[0]);
        if is_alone {
            let members = &mut closure.members[circle[0] as usize];
            members.sort_unstable();
            members.dedup();
            budget(members.len())?;
            continue;
        }
        circle.sort_unstable();
        let mut members = Vec::new();
        for group in &circle {
            let below = inner.of(*group).iter().filter(|inner| circle.binary_search(inner).is_err());
            for list in std::iter::once(group).chain(below) {
                for person in &closure.members[*list as usize] {
                    let last = &mut seen[*person as usize];
                    if *last != stamp {
                        *last = stamp;
                        members.push(*person);
                    }
                }
            }
        }
        members.sort_unstable();
        budget(members.len().saturating_mul(circle.len()))?;
        for group in &circle[1..] {
            closure.members[*group as usize] = members.clone();
        }
        members.shrink_to_fit();
        closure.members[circle[0] as usize] = members;
        if circle.len() > 1 {
            closure.circles.push(circle);
        }
    }
    closure.circles.sort_unstable();
    Ok(closure)
}

/// `start` and every group below it, `start` first.
pub(super) fn below(start: u32, edges: &[(u32, u32)]) -> Vec<u32> {
    let groups = edges.iter().map(|(outer, inner)| outer.max(inner)).max().map_or(0, |highest| *highest as usize + 1).max(start as usize + 1);
    let inner = Inner::new(groups, edges);
    let (mut found, mut is_found, mut next) = (vec![start], vec![false; groups], 0);
    is_found[start as usize] = true;
    while let Some(group) = found.get(next).copied() {
        next += 1;
        for group in inner.of(group) {
            if !std::mem::replace(&mut is_found[*group as usize], true) {
                found.push(*group);
            }
        }
    }
    found
}

/// The groups directly within each group, all in one list.
struct Inner {
    begins: Vec<usize>,
    groups: Vec<u32>,
}

impl Inner {
    fn new(count: usize, edges: &[(u32, u32)]) -> Self {
        let mut sorted = edges.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let begins = (0..=count).map(|outer| sorted.partition_point(|edge| (edge.0 as usize) < outer)).collect();
        Self { begins, groups: sorted.into_iter().map(|(_, inner)| inner).collect() }
    }

    fn of(&self, outer: u32) -> &[u32] {
        let outer = outer as usize;
        &self.groups[self.begins[outer]..self.begins[outer + 1]]
    }

    /// The strongly connected components, inner ones first (Tarjan 1972), without recursion: groups may be nested as deep as there are groups.
    fn components(&self) -> Vec<Vec<u32>> {
        const UNSEEN: u32 = u32::MAX;
        let count = self.begins.len() - 1;
        let (mut order, mut low, mut is_open) = (vec![UNSEEN; count], vec![0_u32; count], vec![false; count]);
        let (mut open, mut path, mut components, mut clock) = (Vec::<u32>::new(), Vec::<(u32, usize)>::new(), Vec::new(), 0_u32);
        for root in 0..u32::try_from(count).unwrap_or(u32::MAX) {
            if order[root as usize] != UNSEEN {
                continue;
            }
            path.push((root, 0));
            while let Some((group, next)) = path.last_mut() {
                let place = *group as usize;
                if *next == 0 {
                    (order[place], low[place], is_open[place]) = (clock, clock, true);
                    open.push(*group);
                    clock += 1;
                }
                if let Some(inner) = self.of(*group).get(*next).copied() {
                    *next += 1;
                    if order[inner as usize] == UNSEEN {
                        path.push((inner, 0));
                    } else if is_open[inner as usize] {
                        low[place] = low[place].min(order[inner as usize]);
                    }
                    continue;
                }
                if low[place] == order[place] {
                    let begin = open.iter().rposition(|other| *other as usize == place).unwrap_or(0);
                    let component = open.split_off(begin);
                    component.iter().for_each(|group| is_open[*group as usize] = false);
                    components.push(component);
                }
                path.pop();
                if let Some((outer, _)) = path.last() {
                    low[*outer as usize] = low[*outer as usize].min(low[place]);
                }
            }
        }
        components
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn of(direct: &[&[u32]], edges: &[(u32, u32)]) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
        let closure = closure(direct.iter().map(|list| list.to_vec()).collect(), edges, 1000).unwrap();
        (closure.members, closure.circles)
    }

    #[test]
    fn people_of_inner_groups_belong_to_the_outer_ones() {
        // 0 ⊃ 1 ⊃ 2, 0 ⊃ 3 ⊃ 2: a person on two paths counts once.
        let (members, circles) = of(&[&[9], &[1, 1], &[2, 3], &[2]], &[(0, 1), (1, 2), (0, 3), (3, 2), (3, 2)]);
        assert_eq!(members, [vec![1, 2, 3, 9], vec![1, 2, 3], vec![2, 3], vec![2, 3]]);
        assert!(circles.is_empty());
    }

    #[test]
    fn a_group_cycle_a_self_member_and_a_depth_of_ten_thousand_end() {
        let (members, circles) = of(&[&[1], &[2], &[3], &[4]], &[(0, 1), (1, 2), (2, 0), (3, 3)]);
        assert_eq!((members, circles), (vec![vec![1, 2, 3], vec![1, 2, 3], vec![1, 2, 3], vec![4]], vec![vec![0, 1, 2]]));
        let deep: Vec<(u32, u32)> = (0..9_999).map(|n| (n, n + 1)).collect();
        let mut direct = vec![vec![]; 10_000];
        direct[9_999] = vec![7];
        let closure = closure(direct, &deep, 10_000).unwrap();
        assert!(closure.members.iter().all(|members| *members == [7]));
    }

    #[test]
    fn more_memberships_than_allowed_are_refused_before_they_take_memory() {
        let direct: Vec<Vec<u32>> = (0..100).map(|group| (group * 100..group * 100 + 100).collect()).collect();
        let chain: Vec<(u32, u32)> = (0..99).map(|n| (n, n + 1)).collect();
        assert_eq!(closure(direct, &chain, 100_000), Err(TooMany));
    }

    #[test]
    fn ten_thousand_groups_with_circles_take_little_time() {
        let mut random = 1_u64;
        let mut number = |below: u32| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u32::try_from(random >> 33).unwrap() % below
        };
        let edges: Vec<(u32, u32)> = (0..15_000).map(|_| (number(10_000), number(10_000))).filter(|(a, b)| a < b || a % 200 == 0).collect();
        let direct = (0..10_000).map(|_| (0..10).map(|_| number(100_000)).collect()).collect();
        assert!(closure(direct, &edges, MAX_MEMBERSHIPS).is_ok());
    }

    proptest! {
        #[test]
        fn the_closure_is_what_walking_down_from_each_group_finds(
            direct in prop::collection::vec(prop::collection::vec(0_u32..12, 0..4), 1..9),
            edges in prop::collection::vec((0_u32..9, 0_u32..9), 0..20),
        ) {
            let count = u32::try_from(direct.len()).unwrap();
            let edges: Vec<_> = edges.into_iter().filter(|(outer, inner)| *outer < count && *inner < count).collect();
            let closure = closure(direct.clone(), &edges, 10_000).unwrap();
            for group in 0..count {
                let reached = below(group, &edges);
                let expected: BTreeSet<u32> = reached.iter().flat_map(|group| direct[*group as usize].iter().copied()).collect();
                prop_assert_eq!(&closure.members[group as usize], &expected.into_iter().collect::<Vec<_>>());
                let in_circle = reached.iter().any(|other| *other != group && below(*other, &edges).contains(&group));
                prop_assert_eq!(closure.circles.iter().any(|circle| circle.contains(&group)), in_circle);
            }
        }
    }
}
