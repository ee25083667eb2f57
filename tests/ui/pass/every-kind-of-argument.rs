//! An argument needs no trait to be recorded, and its pattern is the user's.

#![deny(warnings, unused, rust_2018_idioms)]

use std::io::{Read, Write};

use humanloop::tool;

struct Plain;

struct Point {
    x: i32,
    y: i32,
}

#[tool]
fn neither_serialize_nor_debug(plain: Plain) -> Plain { plain }

#[tool]
fn unbounded<T>(value: T) -> T { value }

#[tool]
fn opaque(name: impl AsRef<str>, mut input: impl Read) -> usize {
    let mut text = String::new();
    input.read_to_string(&mut text).unwrap() + name.as_ref().len()
}

#[tool]
fn dynamic(f: &dyn Fn(u8) -> u8, g: fn(u8) -> u8, output: &mut dyn Write, pointer: *const u8) -> bool {
    output.write_all(&[f(1), g(2)]).is_ok() && pointer.is_null()
}

#[tool]
fn arrays<T: Copy, const N: usize>(values: [T; N], slice: &[T]) -> T { if N > 0 { values[0] } else { slice[0] } }

#[tool]
fn patterns((a, mut b): (i32, i32), Point { x, y: c }: Point, [d, ..]: [i32; 3], &e: &i32, _: u8, _f: u8) -> i32 {
    b += 1;
    a + b + x + c + d + e
}

#[tool]
fn by_reference(ref name: String, ref mut list: Vec<u8>) -> usize {
    list.push(1);
    name.len() + list.len()
}

#[tool]
fn mutable(mut list: Vec<u8>) -> Vec<u8> {
    list.push(2);
    list
}

#[tool]
async fn mutable_async(mut list: Vec<u8>) -> Vec<u8> {
    list.push(2);
    list
}

#[tool]
fn consumed(text: String) -> usize {
    std::thread::spawn(move || text.len()).join().unwrap()
}

#[tool]
fn raw(r#type: u8, r#match: u8) -> u8 { r#type + r#match }

#[tool]
fn named_like_ours(__call: u8, __ret: u8, __ok: u8, call: u8) -> u8 { __call + __ret + __ok + call }

#[tool]
async fn named_like_ours_async(__call: u8, __ret: u8, __future: u8) -> u8 { __call + __ret + __future }

#[tool(metadata(sum = a + b, text = format!("{a} {b}"), closure = (|a: u8| a + 1)(b)))]
fn in_metadata(a: u8, b: u8) -> u8 { a.max(b) }

#[tool]
fn with_attributes(#[allow(unused_variables)] a: u8, #[expect(unused_variables)] b: u8, #[cfg(any())] c: Gone) -> u8 { 1 }

#[tool]
fn unused_on_purpose(_a: u8, _: u8) {}

fn main() {
    neither_serialize_nor_debug(Plain);
    assert_eq!(unbounded(1), 1);
    assert_eq!(opaque("abc", &b"de"[..]), 5);
    assert!(dynamic(&|x| x, |x| x, &mut Vec::new(), std::ptr::null()));
    assert_eq!(arrays([1, 2], &[3]), 1);
    assert_eq!(patterns((1, 2), Point { x: 3, y: 4 }, [5, 0, 0], &6, 0, 0), 22);
    assert_eq!(by_reference("a".into(), vec![]), 2);
    assert_eq!(mutable(vec![1]), [1, 2]);
    drop(mutable_async(vec![1]));
    assert_eq!(consumed("abc".into()), 3);
    assert_eq!(raw(1, 2), 3);
    assert_eq!(named_like_ours(1, 2, 3, 4), 10);
    drop(named_like_ours_async(1, 2, 3));
    assert_eq!(in_metadata(1, 2), 2);
    assert_eq!(with_attributes(1, 2), 1);
    unused_on_purpose(1, 2);
}
