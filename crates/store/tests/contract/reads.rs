//! Reading: one key, many keys, ranges both ways, snapshots.

use proptest::prelude::*;
use store::{Batch, Direction, Prefix, Store, Table};

use crate::contract::disk::Disk;

const WORDS: Table<(String, u64), String> = Table::new("words");
const OTHER: Table<(String, u64), String> = Table::new("other");
const NUMBERS: Table<u64, u64> = Table::new("numbers");

on_every_engine!(
    a_value_reads_back,
    many_values_come_in_the_order_asked,
    many_parts_come_in_the_order_asked,
    a_scan_goes_both_ways_and_stops_at_its_limit,
    scans_of_many_parts_stop_each_at_its_limit,
    a_part_is_cut_by_prefix_from_after_and_before,
    cuts_narrow_and_never_widen,
    nothing_is_after_the_greatest_key,
    tables_do_not_mix,
    a_snapshot_is_stable,
    ranges_agree_with_a_plain_map,
);

fn key(word: &str, n: u64) -> (String, u64) {
    (word.to_owned(), n)
}

/// `a 1`, `a 2`, `a 3`, `b 1`, `b 2`, each with its own name as value.
async fn with_words(disk: &Disk) -> Store {
    let store = disk.open().await;
    let mut batch = Batch::new();
    for (word, n) in [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2)] {
        WORDS.put(&mut batch, &key(word, n), &format!("{word} {n}")).unwrap();
    }
    store.commit(batch).await.unwrap();
    store
}

async fn values(store: &Store, part: Prefix, direction: Direction, limit: usize) -> Vec<String> {
    let rows = WORDS.scan(store, &part, direction, limit).await.unwrap();
    rows.into_iter()
        .map(|((word, n), value)| {
            assert_eq!(value, format!("{word} {n}"));
            value
        })
        .collect()
}

async fn a_value_reads_back(disk: Disk) {
    let store = with_words(&disk).await;
    assert_eq!(WORDS.get(&store, &key("a", 2)).await.unwrap().as_deref(), Some("a 2"));
    assert_eq!(WORDS.get(&store, &key("a", 9)).await.unwrap(), None);
}

async fn many_values_come_in_the_order_asked(disk: Disk) {
    let store = with_words(&disk).await;
    let keys = [key("b", 2), key("z", 0), key("a", 1), key("b", 2)];
    let values = WORDS.get_many(&store, &keys).await.unwrap();
    let values: Vec<_> = values.iter().map(Option::as_deref).collect();
    assert_eq!(values, [Some("b 2"), None, Some("a 1"), Some("b 2")]);
    assert_eq!(WORDS.get_many(&store, &[]).await.unwrap(), Vec::<Option<String>>::new());
}

async fn many_parts_come_in_the_order_asked(disk: Disk) {
    let store = with_words(&disk).await;
    let mut batch = Batch::new();
    OTHER.put(&mut batch, &key("z", 1), &"of another table".to_owned()).unwrap();
    store.commit(batch).await.unwrap();
    let of = |word: &str| Prefix::of(&word.to_owned());
    let nothing = of("a").from(&key("a", 3)).before(&key("a", 3));
    let parts = [of("b"), of("z"), of("a").after(&key("a", 1)), nothing, Prefix::all(), of("b")];
    let view = store.snapshot().await.unwrap();
    for found in
        [WORDS.all_of(&store, &parts).await.unwrap(), WORDS.all_of(&view, &parts).await.unwrap()]
    {
        let found: Vec<Vec<_>> = found
            .into_iter()
            .map(|rows| rows.into_iter().map(|(_, value)| value).collect())
            .collect();
        let expected: [&[&str]; 6] = [
            &["b 1", "b 2"],
            &[],
            &["a 2", "a 3"],
            &[],
            &["a 1", "a 2", "a 3", "b 1", "b 2"],
            &["b 1", "b 2"],
        ];
        assert_eq!(found, expected);
    }
    assert_eq!(NUMBERS.all_of(&store, &[Prefix::all()]).await.unwrap(), [vec![]]);
    assert!(WORDS.all_of(&store, &[]).await.unwrap().is_empty());
}

async fn a_scan_goes_both_ways_and_stops_at_its_limit(disk: Disk) {
    let store = with_words(&disk).await;
    let all = || Prefix::all();
    let forward = values(&store, all(), Direction::Forward, usize::MAX).await;
    assert_eq!(forward, ["a 1", "a 2", "a 3", "b 1", "b 2"]);
    let backward = values(&store, all(), Direction::Backward, usize::MAX).await;
    assert_eq!(backward, ["b 2", "b 1", "a 3", "a 2", "a 1"]);
    assert_eq!(values(&store, all(), Direction::Forward, 2).await, ["a 1", "a 2"]);
    assert_eq!(values(&store, all(), Direction::Backward, 2).await, ["b 2", "b 1"]);
    assert!(values(&store, all(), Direction::Forward, 0).await.is_empty());
}

async fn scans_of_many_parts_stop_each_at_its_limit(disk: Disk) {
    let store = with_words(&disk).await;
    let parts = ["b", "z", "a"].map(|word| Prefix::of(&word.to_owned()));
    let ways = [
        (Direction::Forward, [vec!["b 1", "b 2"], vec![], vec!["a 1", "a 2"]]),
        (Direction::Backward, [vec!["b 2", "b 1"], vec![], vec!["a 3", "a 2"]]),
    ];
    for (way, expected) in ways {
        let found = WORDS.scan_each(&store, &parts, way, 2).await.unwrap();
        let values = |rows: Vec<(_, String)>| rows.into_iter().map(|(_, value)| value).collect();
        let found: Vec<Vec<String>> = found.into_iter().map(values).collect();
        assert_eq!(found, expected);
        let none = WORDS.scan_each(&store, &parts, way, 0).await.unwrap();
        assert!(none.iter().all(Vec::is_empty));
    }
}

async fn a_part_is_cut_by_prefix_from_after_and_before(disk: Disk) {
    let store = with_words(&disk).await;
    let a = || Prefix::of(&"a".to_owned());
    let cases: [(Prefix, &[&str]); 9] = [
        (a(), &["a 1", "a 2", "a 3"]),
        (Prefix::of(&key("a", 2)), &["a 2"]),
        (Prefix::of(&"c".to_owned()), &[]),
        (a().from(&key("a", 2)), &["a 2", "a 3"]),
        (a().after(&key("a", 2)), &["a 3"]),
        (a().before(&key("a", 2)), &["a 1"]),
        (a().after(&key("a", 1)).before(&key("a", 3)), &["a 2"]),
        (a().after(&key("a", 2)).before(&key("a", 2)), &[]),
        (Prefix::all().after(&"a".to_owned()), &["b 1", "b 2"]),
    ];
    for (part, expected) in cases {
        let forward = values(&store, part.clone(), Direction::Forward, usize::MAX).await;
        assert_eq!(forward, expected, "{part:?}");
        let mut backward = values(&store, part.clone(), Direction::Backward, usize::MAX).await;
        backward.reverse();
        assert_eq!(backward, expected, "{part:?}");
    }
}

async fn cuts_narrow_and_never_widen(disk: Disk) {
    let store = with_words(&disk).await;
    let all_of_a = Prefix::of(&"a".to_owned());
    let wider = all_of_a.clone().from(&key("", 0)).before(&key("z", 0));
    assert_eq!(wider, all_of_a);
    let beyond = all_of_a.after(&key("b", 1));
    assert!(values(&store, beyond, Direction::Forward, usize::MAX).await.is_empty());
}

async fn nothing_is_after_the_greatest_key(disk: Disk) {
    let store = disk.open().await;
    let mut batch = Batch::new();
    NUMBERS.put(&mut batch, &u64::MAX, &1).unwrap();
    NUMBERS.put(&mut batch, &0, &2).unwrap();
    store.commit(batch).await.unwrap();
    assert_eq!(NUMBERS.all(&store, &Prefix::all().after(&u64::MAX)).await.unwrap(), []);
    let greatest = NUMBERS.all(&store, &Prefix::of(&u64::MAX)).await.unwrap();
    assert_eq!(greatest, [(u64::MAX, 1)]);
}

async fn tables_do_not_mix(disk: Disk) {
    let store = with_words(&disk).await;
    assert_eq!(OTHER.get(&store, &key("a", 1)).await.unwrap(), None);
    assert_eq!(OTHER.all(&store, &Prefix::all()).await.unwrap(), []);
}

async fn a_snapshot_is_stable(disk: Disk) {
    let store = with_words(&disk).await;
    let snapshot = store.snapshot().await.unwrap();
    let mut batch = Batch::new();
    WORDS.put(&mut batch, &key("a", 1), &"changed".to_owned()).unwrap();
    WORDS.delete_range(&mut batch, Prefix::of(&"b".to_owned()));
    OTHER.put(&mut batch, &key("a", 1), &"new table".to_owned()).unwrap();
    store.commit(batch).await.unwrap();
    assert_eq!(WORDS.get(&snapshot, &key("a", 1)).await.unwrap().as_deref(), Some("a 1"));
    assert_eq!(WORDS.all(&snapshot, &Prefix::all()).await.unwrap().len(), 5);
    assert_eq!(OTHER.all(&snapshot, &Prefix::all()).await.unwrap(), []);
    let now = WORDS.all(&store, &Prefix::all()).await.unwrap();
    assert_eq!(now.len(), 3);
}

async fn ranges_agree_with_a_plain_map(disk: Disk) {
    let store = disk.open().await;
    let rows: Vec<u64> = (0..40).map(|n| n * n).chain([u64::MAX - 1, u64::MAX]).collect();
    let mut batch = Batch::new();
    for n in &rows {
        NUMBERS.put(&mut batch, n, n).unwrap();
    }
    store.commit(batch).await.unwrap();
    let bound = prop_oneof![0..2000_u64, Just(u64::MAX), Just(u64::MAX - 1)];
    let cuts = (prop::option::of(bound.clone()), prop::option::of(bound), 0..50_usize);
    let mut runner = proptest::test_runner::TestRunner::default();
    let handle = tokio::runtime::Handle::current();
    let checked = runner.run(&cuts, |(after, before, limit)| {
        let mut part = Prefix::all();
        part = after.map_or(part.clone(), |after| part.after(&after));
        part = before.map_or(part.clone(), |before| part.before(&before));
        let inside = |n: &&u64| {
            after.is_none_or(|after| **n > after) && before.is_none_or(|before| **n < before)
        };
        let expected: Vec<u64> = rows.iter().filter(inside).copied().take(limit).collect();
        let scan = NUMBERS.scan(&store, &part, Direction::Forward, limit);
        let found = tokio::task::block_in_place(|| handle.block_on(scan)).unwrap();
        prop_assert_eq!(found.into_iter().map(|(n, _)| n).collect::<Vec<_>>(), expected);
        Ok(())
    });
    checked.unwrap();
}
