//! The keywords about maps, lists, texts and numbers.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::budget::cost_of_value;
use super::draft::Draft;
use super::error::{Kind, ValidationError, all_steps};
use super::node::Node;
use super::number::{Decimal, show_count};
use super::schema::{Additional, Dependency, Id, Items};
use super::validate::{Validator, validate_whole};
use super::words::{counts, missing, missing_with, no_match, quote, quote_all, spaced};

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn absent<'n>(map: &BTreeMap<String, Node>, names: &'n [String]) -> Vec<&'n str> {
    let names = names.iter().map(String::as_str);
    names.filter(|name| !map.contains_key(*name)).collect()
}

impl Validator<'_> {
    pub(super) fn validate_map(&mut self, map: &BTreeMap<String, Node>) {
        let s = self.schema;
        let length = count(map.len());
        if let Some(least) = s.min_properties.filter(|least| length < *least) {
            self.add(counts("minProperties", length, least));
        }
        if let Some(most) = s.max_properties.filter(|most| length > *most) {
            self.add(counts("maxProperties", length, most));
        }
        let absent_names = absent(map, &s.required);
        if !absent_names.is_empty() {
            self.add(missing(&absent_names));
        }
        if self.is_silent && !self.errors.is_empty() {
            return;
        }
        for (name, dependency) in &s.dependencies {
            match dependency {
                _ if !map.contains_key(name) => {}
                Dependency::Properties(names) => self.require_with(map, name, names),
                Dependency::Schema(id) => {
                    let fault = self.validate_self(*id, "", false);
                    self.errors.extend(fault);
                }
            }
        }
        if !self.validate_entries(map) || s.draft == Draft::V4 {
            return;
        }
        if let Some(id) = s.property_names {
            for name in map.keys() {
                self.validate_name(id, name);
            }
        }
        if s.draft == Draft::V6 {
            return;
        }
        for (name, id) in &s.dependent_schemas {
            if map.contains_key(name) {
                let fault = self.validate_self(*id, "", false);
                self.errors.extend(fault);
            }
        }
        for (name, names) in &s.dependent_required {
            if map.contains_key(name) {
                self.require_with(map, name, names);
            }
        }
    }

    fn require_with(&mut self, map: &BTreeMap<String, Node>, name: &str, names: &[String]) {
        let absent_names = absent(map, names);
        if !absent_names.is_empty() {
            self.add(missing_with(name, &absent_names));
        }
    }

    /// Whether all entries were looked at.
    fn validate_entries(&mut self, map: &BTreeMap<String, Node>) -> bool {
        let s = self.schema;
        let mut additional = Vec::new();
        for (name, value) in map {
            if (self.is_silent && !self.errors.is_empty()) || self.budget.is_spent() {
                return false;
            }
            let mut is_evaluated = false;
            if let Some(id) = s.properties.get(name) {
                is_evaluated = true;
                let fault = self.validate_entry(*id, value, name);
                self.errors.extend(fault);
            }
            for (pattern, id) in &s.pattern_properties {
                if self.is_stopped_after(pattern.cost(name)) {
                    return false;
                }
                if pattern.matches(name) {
                    is_evaluated = true;
                    let fault = self.validate_entry(*id, value, name);
                    self.errors.extend(fault);
                }
            }
            if !is_evaluated && let Some(allowed) = &s.additional_properties {
                is_evaluated = true;
                match allowed {
                    Additional::Allowed(true) => {}
                    Additional::Allowed(false) => additional.push(name),
                    Additional::Schema(id) => {
                        let fault = self.validate_entry(*id, value, name);
                        self.errors.extend(fault);
                    }
                }
            }
            if is_evaluated {
                self.unevaluated.properties.remove(name);
            }
        }
        if !additional.is_empty() {
            self.add(format!("additional properties {} not allowed", quote_all(&additional)));
        }
        true
    }

    fn validate_name(&mut self, id: Id, name: &str) {
        let (schema, meta) = self.dialect_of(id);
        let value = Node::Text(name.to_owned());
        let Some(fault) = validate_whole(self.arena, schema, &value, meta, self.budget) else {
            return;
        };
        self.errors.push(ValidationError {
            steps: all_steps(self.step),
            kind: Kind::Words(format!("invalid propertyName {}", quote(name))),
            causes: fault.causes,
        });
    }

    pub(super) fn validate_list(&mut self, items: &[Node]) {
        let s = self.schema;
        let length = count(items.len());
        if let Some(least) = s.min_items.filter(|least| length < *least) {
            self.add(counts("minItems", length, least));
        }
        if let Some(most) = s.max_items.filter(|most| length > *most) {
            self.add(counts("maxItems", length, most));
        }
        if s.unique_items
            && let Some((first, second)) = self.duplicates(items)
        {
            let (first, second) = (show_count(count(first)), show_count(count(second)));
            self.add(format!("items at {first} and {second} are equal"));
        }
        if s.draft < Draft::V2020 {
            self.validate_items(items);
        } else {
            for (index, item) in items.iter().enumerate() {
                if let Some(id) = s.prefix_items.get(index).copied().or(s.items_2020) {
                    self.validate_item(id, item, index);
                }
            }
        }
        if let Some(id) = s.contains {
            self.validate_contains(id, items);
        }
    }

    fn validate_item(&mut self, id: Id, item: &Node, index: usize) {
        // The rest of a long list would only be gone through without a result.
        if !self.budget.is_spent() {
            let fault = self.validate_entry(id, item, &index.to_string());
            self.errors.extend(fault);
        }
    }

    /// `items` and `additionalItems`.
    fn validate_items(&mut self, items: &[Node]) {
        let s = self.schema;
        let mut evaluated = 0;
        match &s.items {
            Some(Items::Each(id)) => {
                for (index, item) in items.iter().enumerate() {
                    self.validate_item(*id, item, index);
                }
                evaluated = items.len();
            }
            Some(Items::List(ids)) => {
                for (index, (item, id)) in items.iter().zip(ids).enumerate() {
                    self.validate_item(*id, item, index);
                }
                evaluated = items.len().min(ids.len());
            }
            None => {}
        }
        match &s.additional_items {
            Some(Additional::Allowed(false)) if evaluated < items.len() => {
                let rest = show_count(count(items.len() - evaluated));
                self.add(format!("last {rest} additionalItem(s) not allowed"));
            }
            Some(Additional::Schema(id)) => {
                for (index, item) in items.iter().enumerate().skip(evaluated) {
                    self.validate_item(*id, item, index);
                }
            }
            _ => {}
        }
    }

    fn validate_contains(&mut self, id: Id, items: &[Node]) {
        let s = self.schema;
        let mut errors = Vec::new();
        let mut matched = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if self.budget.is_spent() {
                return;
            }
            if let Some(fault) = self.validate_entry(id, item, &index.to_string()) {
                errors.push(fault);
                continue;
            }
            matched.push(index);
            if s.draft >= Draft::V2020 {
                self.unevaluated.items.remove(&index);
            }
        }
        let got = count(matched.len());
        let found = || format!("matched {} items at {}", show_count(got), spaced(&matched));
        match s.min_contains {
            Some(least) if got < least => {
                let found = if matched.is_empty() {
                    "none matched".to_owned()
                } else {
                    found()
                };
                let least = show_count(least);
                let words = format!("min {least} items required to match contains schema, but {found}");
                self.add_group(words, errors);
            }
            None if matched.is_empty() => self.add_group("no items match contains schema".to_owned(), errors),
            _ => {}
        }
        if let Some(most) = s.max_contains.filter(|most| got > *most) {
            let most = show_count(most);
            let words = format!("max {most} items required to match contains schema, but {}", found());
            self.add(words);
        }
    }

    pub(super) fn validate_text(&mut self, text: &str) {
        let s = self.schema;
        if s.min_length.is_some() || s.max_length.is_some() {
            let length = count(text.chars().count());
            if let Some(least) = s.min_length.filter(|least| length < *least) {
                self.add(counts("minLength", length, least));
            }
            if let Some(most) = s.max_length.filter(|most| length > *most) {
                self.add(counts("maxLength", length, most));
            }
        }
        if let Some(pattern) = &s.pattern
            && !self.is_stopped_after(pattern.cost(text))
            && !pattern.matches(text)
        {
            let words = no_match(text, &pattern.source);
            self.add(words);
        }
    }

    pub(super) fn validate_number(&mut self, text: &str) {
        let s = self.schema;
        let bounds = [
            ("minimum", &s.minimum, [Ordering::Greater, Ordering::Equal]),
            ("maximum", &s.maximum, [Ordering::Less, Ordering::Equal]),
            ("exclusiveMinimum", &s.exclusive_minimum, [Ordering::Greater; 2]),
            ("exclusiveMaximum", &s.exclusive_maximum, [Ordering::Less; 2]),
        ];
        if s.multiple_of.is_none() && bounds.iter().all(|(_, bound, _)| bound.is_none()) {
            return;
        }
        let Some(got) = Decimal::parse(text) else {
            return;
        };
        let numbers = |name: &str, want: &Decimal| format!("{name}: got {}, want {}", got.shown(), want.shown());
        for (name, bound, accepted) in bounds {
            if let Some(want) = bound
                && !accepted.contains(&got.compare(want))
            {
                self.add(numbers(name, want));
            }
        }
        if let Some(want) = &s.multiple_of
            && !got.is_multiple_of(want)
        {
            self.add(numbers("multipleOf", want));
        }
    }

    /// The first item that equals one before it, after the index of that one. Stops with the budget.
    fn duplicates(&self, items: &[Node]) -> Option<(usize, usize)> {
        let mut known: HashMap<u64, Vec<usize>> = HashMap::new();
        for (second, item) in items.iter().enumerate() {
            let earlier = known.entry(item.equality_hash()).or_default();
            let cost = cost_of_value(item) * (1 + earlier.len() as u64);
            if self.is_stopped_after(cost) {
                return None;
            }
            let equal = |&first: &usize| items.get(first).is_some_and(|first| first.equals(item));
            if let Some(first) = earlier.iter().copied().find(equal) {
                return Some((first, second));
            }
            earlier.push(second);
        }
        None
    }
}
