//! Parents before their children: v4 wants a parent in an earlier request.

use std::collections::HashMap;

use humanloop_api::Log;

/// `logs`, each with its place in the batch, in layers: a log stands in a later layer than its parent, and in the given order within its layer.
pub(super) fn by_parent(logs: Vec<(usize, &Log)>) -> Vec<Vec<(usize, &Log)>> {
    let places: HashMap<&str, usize> =
        logs.iter().enumerate().filter_map(|(place, (_, log))| Some((log.reference_id.as_deref()?, place))).collect();
    let parents: Vec<Option<usize>> =
        logs.iter().map(|(_, log)| places.get(log.parent_reference_id.as_deref()?).copied()).collect();
    let mut depths: Vec<Option<usize>> = vec![None; logs.len()];
    for start in 0..logs.len() {
        // Up to a log whose depth is known, to one without a parent here, or once around a circle; then down again.
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(place) = next.filter(|place| depths[*place].is_none() && path.len() < logs.len()) {
            path.push(place);
            next = parents[place];
        }
        let mut depth = next.and_then(|place| depths[place]).map_or(0, |depth| depth + 1);
        for place in path.into_iter().rev() {
            if depths[place].is_none() {
                depths[place] = Some(depth);
                depth += 1;
            }
        }
    }
    let mut layers: Vec<Vec<(usize, &Log)>> = Vec::new();
    for (log, depth) in logs.into_iter().zip(depths) {
        let depth = depth.unwrap_or(0);
        if layers.len() <= depth {
            layers.resize_with(depth + 1, Vec::new);
        }
        layers[depth].push(log);
    }
    layers.retain(|layer| !layer.is_empty());
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(logs: &[(&str, Option<&str>)]) -> Vec<Vec<String>> {
        let logs: Vec<Log> = logs
            .iter()
            .map(|(reference, parent)| Log {
                reference_id: Some((*reference).into()),
                parent_reference_id: parent.map(String::from),
                ..Log::default()
            })
            .collect();
        let names =
            |layer: Vec<(usize, &Log)>| layer.into_iter().filter_map(|(_, log)| log.reference_id.clone()).collect();
        by_parent(logs.iter().enumerate().collect()).into_iter().map(names).collect()
    }

    #[test]
    fn a_parent_comes_in_an_earlier_layer_than_its_children() {
        let logs = [("c", Some("b")), ("a", None), ("b", Some("a")), ("d", Some("a")), ("e", Some("elsewhere"))];
        assert_eq!(layers(&logs), [vec!["a", "e"], vec!["b", "d"], vec!["c"]]);
    }

    #[test]
    fn a_circle_loses_nothing() {
        let logs = [("a", Some("b")), ("b", Some("a")), ("c", Some("c")), ("d", Some("b"))];
        let mut all: Vec<String> = layers(&logs).into_iter().flatten().collect();
        all.sort();
        assert_eq!(all, ["a", "b", "c", "d"]);
    }

    #[test]
    fn no_logs_are_no_layers() {
        assert!(layers(&[]).is_empty());
    }
}
