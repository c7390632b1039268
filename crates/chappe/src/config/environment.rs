//! Variables of the environment over the file: `CHAPPE_<SECTION>_<KEY>`.

use toml::{Table, Value};

use super::{Config, Problem};

const PREFIX: &str = "CHAPPE_";

/// Puts the variables that are ours over the table.
pub(super) fn overlay(
    table: &mut Table,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(), Problem> {
    for (variable, value) in variables {
        let Some(path) = variable.strip_prefix(PREFIX) else { continue };
        let path = path.to_lowercase();
        let Some((section, key)) = path.split_once('_') else {
            let message = "a variable names a section and a key: CHAPPE_SECTION_KEY".to_owned();
            return Err(Problem { place: variable, message });
        };
        let value = parse(&value);
        let alone = Table::from_iter([(
            section.to_owned(),
            Value::Table(Table::from_iter([(key.to_owned(), value.clone())])),
        )]);
        alone.try_into::<Config>().map_err(|error| Problem::in_variable(&variable, &error))?;
        let entry = table.entry(section.to_owned()).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(entry) = entry {
            entry.insert(key.to_owned(), value);
        }
    }
    Ok(())
}

/// A value as TOML writes it, or as it is when it is not TOML: names need no quotes here.
fn parse(text: &str) -> Value {
    let document: Result<Table, _> = toml::from_str(&format!("value = {text}"));
    let value = document.ok().and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}
