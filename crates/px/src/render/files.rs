//! Writes the tables of a result as Arrow IPC or Parquet: to standard output, or to files.

use crate::failure::{Exit, Failure};
use crate::render::{Completion, ExportLine, Results, Stats};
use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use nixie_api::{ExportReport, TableColumn, TableEnd, TableHeader, delivered_type};
use nixie_types::DataType;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Key under which a column's field tells what the column means.
const SEMANTIC_TYPE: &str = "semantic_type";

/// LIMIT: bytes of a table's name in that of its file.
const FILE_NAME_BYTES_MAX: usize = 200;

/// Where the bytes of a table go.
type Output = Box<dyn Write + Send>;

/// A binary form of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Arrow,
    Parquet,
}

impl FileFormat {
    const fn extension(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
        }
    }
}

/// Where tables go.
enum Place {
    /// The only table.
    Output,
    /// The only table.
    File(PathBuf),
    /// A file a table.
    Folder(PathBuf),
}

/// Writes tables to files.
pub(crate) struct Files {
    format: FileFormat,
    place: Place,
    tables: usize,
    table: Option<Table>,
    /// Names of files in a folder that tables have been written to.
    taken: HashSet<String>,
}

/// The table that is being written.
struct Table {
    name: String,
    path: Option<PathBuf>,
    schema: SchemaRef,
    writer: Writer,
}

enum Writer {
    Stream(StreamWriter<Output>),
    File(FileWriter<Output>),
    Parquet(ArrowWriter<Output>),
}

impl Files {
    /// Returns a writer to standard output, or to a file or folder.
    pub(crate) fn new(format: FileFormat, to: Option<&Path>) -> Result<Self, Failure> {
        let place = match to {
            None if io::stdout().is_terminal() => {
                let name = format.extension();
                let message = format!("{name} is nothing for a terminal");
                return Err(Failure::new(Exit::Usage, message)
                    .hint(format!("name a file with `--to x.{name}`, or `> x.{name}`")));
            }
            None => Place::Output,
            Some(path) if path.is_dir() || path.to_string_lossy().ends_with('/') => {
                std::fs::create_dir_all(path).map_err(|error| failed(path, &error))?;
                Place::Folder(path.to_owned())
            }
            Some(path) => Place::File(path.to_owned()),
        };
        Ok(Self {
            format,
            place,
            tables: 0,
            table: None,
            taken: HashSet::new(),
        })
    }

    /// Returns where a table goes that begins; in a folder, to a file that no other has gone to.
    fn path(&mut self, table: &str) -> Option<PathBuf> {
        match &self.place {
            Place::Output => None,
            Place::File(path) => Some(path.clone()),
            Place::Folder(folder) => {
                let plain = file_name(table);
                let numbered = (2..).map(|number| format!("{plain}-{number}"));
                let mut names = std::iter::once(plain.clone()).chain(numbered);
                let name = names.find(|name| !self.taken.contains(name))?;
                self.taken.insert(name.clone());
                Some(folder.join(format!("{name}.{}", self.format.extension())))
            }
        }
    }

    fn open(&self, path: Option<&Path>, schema: &SchemaRef) -> Result<Writer, Failure> {
        let shown = path.unwrap_or_else(|| Path::new("standard output"));
        let output: Output = match path {
            Some(path) => {
                let file = File::create(path).map_err(|error| failed(path, &error))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(io::stdout())),
        };
        match (self.format, path) {
            (FileFormat::Parquet, _) => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .build();
                let schema = Arc::clone(schema);
                ArrowWriter::try_new(output, schema, Some(properties))
                    .map(Writer::Parquet)
                    .map_err(|error| failed(shown, &error))
            }
            (FileFormat::Arrow, Some(_)) => FileWriter::try_new(output, schema)
                .map(Writer::File)
                .map_err(|error| failed(shown, &error)),
            (FileFormat::Arrow, None) => StreamWriter::try_new(output, schema)
                .map(Writer::Stream)
                .map_err(|error| failed(shown, &error)),
        }
    }
}

impl Results for Files {
    fn table(&mut self, header: TableHeader) -> Result<(), Failure> {
        if self.tables > 0 && !matches!(self.place, Place::Folder(_)) {
            let message = format!(
                "a second table, `{}`, does not fit in one file",
                header.name
            );
            return Err(Failure::new(Exit::Usage, message)
                .hint("name a folder with `--to FOLDER/`: it gets a file for each table"));
        }
        self.tables += 1;
        let schema = schema(&header)?;
        let path = self.path(&header.name);
        let writer = self.open(path.as_deref(), &schema)?;
        self.table = Some(Table {
            name: header.name,
            path,
            schema,
            writer,
        });
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let Some(table) = &mut self.table else {
            return Ok(());
        };
        let columns = batch.columns().to_vec();
        let batch = RecordBatch::try_new(Arc::clone(&table.schema), columns);
        let written: Result<(), Box<dyn Error>> = match (batch, &mut table.writer) {
            (Err(error), _) => Err(error.into()),
            (Ok(batch), Writer::Stream(writer)) => writer.write(&batch).map_err(Into::into),
            (Ok(batch), Writer::File(writer)) => writer.write(&batch).map_err(Into::into),
            (Ok(batch), Writer::Parquet(writer)) => writer.write(&batch).map_err(Into::into),
        };
        written.map_err(|error| failed(Path::new(&table.name), &*error))
    }

    fn table_end(&mut self, end: &TableEnd) -> Result<(), Failure> {
        let Some(Table {
            name, path, writer, ..
        }) = self.table.take()
        else {
            return Ok(());
        };
        let finished: Result<(), Box<dyn Error>> = match writer {
            Writer::Stream(mut writer) => writer.finish().map_err(Into::into),
            Writer::File(mut writer) => writer.finish().map_err(Into::into),
            Writer::Parquet(writer) => writer.close().map(drop).map_err(Into::into),
        };
        finished.map_err(|error| failed(Path::new(&name), &*error))?;
        let completion = Completion(&end.completeness).to_string();
        if !completion.is_empty() {
            crate::say::line(format_args!("{name}: {completion}"));
        }
        if let Some(path) = path {
            crate::say::note(format_args!("{} rows in {}", end.rows, path.display()));
        }
        Ok(())
    }

    fn export(&mut self, report: &ExportReport) -> Result<(), Failure> {
        crate::say::line(format_args!("{}", ExportLine(report)));
        Ok(())
    }

    fn stats(&mut self, stats: &Stats<'_>) -> Result<(), Failure> {
        crate::say::text(format_args!("{stats}"));
        Ok(())
    }
}

/// Returns the schema of a table; its fields say what their columns mean.
fn schema(header: &TableHeader) -> Result<SchemaRef, Failure> {
    let field = |column: &TableColumn| {
        let mut known = DataType::ALL.into_iter();
        let data_type = known.find(|known| known.name() == column.data_type);
        let data_type = data_type.ok_or_else(|| {
            let (name, data_type) = (&column.name, &column.data_type);
            let message = format!("column `{name}` has the type `{data_type}`, unknown to this px");
            Failure::new(Exit::Failed, message).hint("px and the agent are of different versions")
        })?;
        let meaning = (SEMANTIC_TYPE.to_owned(), column.semantic_type.clone());
        let field = Field::new(&column.name, delivered_type(&data_type.arrow()), true);
        Ok::<_, Failure>(field.with_metadata([meaning].into()))
    };
    let fields = header.columns.iter().map(field);
    Ok(Arc::new(Schema::new(
        fields.collect::<Result<Vec<_>, _>>()?,
    )))
}

/// Returns a name for a file that stays in its folder whatever the table is called.
fn file_name(table: &str) -> String {
    let fits = |character: char| character.is_alphanumeric() || "-_ ".contains(character);
    let mut name = String::new();
    for character in table.chars() {
        if name.len() + character.len_utf8() > FILE_NAME_BYTES_MAX {
            break;
        }
        name.push(if fits(character) { character } else { '_' });
    }
    if name.is_empty() {
        name.push('_');
    }
    name
}

fn failed(path: &Path, error: &(dyn Error + 'static)) -> Failure {
    if is_broken_pipe(error) {
        return Failure::enough();
    }
    let message = format!("cannot write `{}`", path.display());
    Failure::new(Exit::Failed, message).caused_by(error)
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let is_it = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.downcast_ref::<io::Error>().is_some_and(is_it)
        || error.source().is_some_and(is_broken_pipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_has_a_file_of_its_own_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::new(FileFormat::Parquet, Some(folder.path())).unwrap();
        let mut name = |table: &str| {
            let path = files.path(table).unwrap();
            assert_eq!(path.parent(), Some(folder.path()), "{table}");
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(name("a/b"), "a_b.parquet");
        assert_eq!(name("a_b"), "a_b-2.parquet");
        assert_eq!(name(".."), "__.parquet");
        assert_eq!(name(""), "_.parquet");
        assert!(name(&"é".repeat(500)).len() < 255);
    }
}
