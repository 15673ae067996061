//! The rule by which blocks are final.

use serde::Deserialize;

/// Which blocks are taken as final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub enum Finality {
    /// Those up to the chain's tag `finalized`; 64 below the head where there is no such tag.
    #[default]
    Finalized,
    /// Those up to the chain's tag `safe`; likewise.
    Safe,
    /// Those so many blocks below the head.
    Depth(u64),
}

/// As the configuration has it: a tag or a number.
#[derive(Deserialize)]
#[serde(untagged, expecting = "write \"finalized\", \"safe\" or a number of blocks")]
enum Written {
    Tag(Tag),
    Depth(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tag {
    Finalized,
    Safe,
}

impl From<Written> for Finality {
    fn from(written: Written) -> Self {
        match written {
            Written::Tag(Tag::Finalized) => Self::Finalized,
            Written::Tag(Tag::Safe) => Self::Safe,
            Written::Depth(depth) => Self::Depth(depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finality_is_a_tag_or_a_depth() {
        #[derive(Deserialize)]
        struct File {
            finality: Finality,
        }
        let read = |text: &str| toml::from_str::<File>(text).map(|file| file.finality);
        assert_eq!(read("finality = \"finalized\""), Ok(Finality::Finalized));
        assert_eq!(read("finality = \"safe\""), Ok(Finality::Safe));
        assert_eq!(read("finality = 12"), Ok(Finality::Depth(12)));
        for wrong in ["\"latest\"", "-1", "true", "\"12\""] {
            assert!(read(&format!("finality = {wrong}")).is_err(), "{wrong}");
        }
    }
}
