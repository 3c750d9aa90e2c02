//! The functions of Helm's templates, by family: Sprig's and Helm's own.

pub mod yaml_value;
