//! Writes the tables of a result as Arrow IPC or Parquet: to standard output, or to files.

use crate::failure::{Exit, Failure};
use crate::new_file::{self, NewFile};
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
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Key under which a column's field tells what the column means.
const SEMANTIC_TYPE: &str = "semantic_type";

/// What standard output is called in messages.
const OUTPUT: &str = "standard output";

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
    /// The only table, or a folder to be made once there is another.
    File(PathBuf),
    /// A file a table.
    Folder(PathBuf),
}

/// Writes tables to files, which take their places once all are whole.
pub(crate) struct Files {
    format: FileFormat,
    place: Place,
    table: Option<Table>,
    /// The table of standard output, whose end is written once no other follows.
    held: Option<Table>,
    ended: Vec<Ended>,
    /// Names of files in a folder that tables have been written to.
    taken: HashSet<String>,
    /// The folder that was made for them; it goes again if nothing comes of them.
    made: Option<PathBuf>,
}

/// The table that is being written.
struct Table {
    name: String,
    file: Option<NewFile>,
    schema: SchemaRef,
    writer: Writer,
}

/// A table that is whole, in a file that waits for the others.
struct Ended {
    name: String,
    file: NewFile,
    rows: u64,
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
                Place::Folder(path.to_owned())
            }
            Some(path) => Place::File(path.to_owned()),
        };
        if to.is_some() {
            new_file::remove_when_stopped();
        }
        Ok(Self {
            format,
            place,
            table: None,
            held: None,
            ended: Vec::new(),
            taken: HashSet::new(),
            made: None,
        })
    }

    /// Makes room for a table: a folder where one is needed. Standard output, and a file that is
    /// there or is called like one, hold one table.
    fn make_room(&mut self, table: &str) -> Result<(), Failure> {
        let full = |rest: &str| {
            let message = format!("a second table, `{table}`, does not fit in one file: {rest}");
            Failure::new(Exit::Usage, message)
                .hint("name a folder with `--to FOLDER/`: it gets a file for each table")
        };
        match &self.place {
            Place::Output => match &self.held {
                Some(Table { name, .. }) => Err(full(&format!(
                    "it is missing with all that follow, and `{name}` was left without an end"
                ))),
                None => Ok(()),
            },
            Place::Folder(folder) => {
                let folder = folder.clone();
                self.make_folder(folder)
            }
            Place::File(_) if self.ended.is_empty() => Ok(()),
            Place::File(path) => {
                if path.extension().is_some() || path.symlink_metadata().is_ok() {
                    return Err(full("nothing was written"));
                }
                let folder = path.clone();
                self.make_folder(folder.clone())?;
                self.place = Place::Folder(folder);
                for mut ended in std::mem::take(&mut self.ended) {
                    if let Some(path) = self.path(&ended.name) {
                        ended.file.set_path(path);
                    }
                    self.ended.push(ended);
                }
                Ok(())
            }
        }
    }

    fn make_folder(&mut self, folder: PathBuf) -> Result<(), Failure> {
        if folder.is_dir() {
            return Ok(());
        }
        std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        self.made = Some(folder);
        Ok(())
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

    fn open(&self, file: Option<&NewFile>, schema: &SchemaRef) -> Result<Writer, Failure> {
        let shown = file.map_or_else(|| Path::new(OUTPUT), NewFile::path);
        let output: Output = match file {
            Some(file) => {
                let handle = file.handle().map_err(|error| failed(shown, &error))?;
                Box::new(BufWriter::new(handle))
            }
            None => Box::new(BufWriter::new(io::stdout())),
        };
        match (self.format, file) {
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

impl Table {
    /// Returns where it goes, for messages.
    fn place(&self) -> &Path {
        let file = self.file.as_ref();
        file.map_or_else(|| Path::new(OUTPUT), NewFile::path)
    }
}

impl Writer {
    /// Writes the end of the table, and all that has not been written.
    fn finish(self) -> Result<(), Box<dyn Error>> {
        let mut output = match self {
            Self::Stream(writer) => writer.into_inner()?,
            Self::File(writer) => writer.into_inner()?,
            Self::Parquet(writer) => writer.into_inner()?,
        };
        Ok(output.flush()?)
    }
}

impl Results for Files {
    fn table(&mut self, header: TableHeader) -> Result<(), Failure> {
        self.make_room(&header.name)?;
        let schema = schema(&header)?;
        let path = self.path(&header.name);
        let file = path.map(|path| NewFile::create(&path).map_err(|error| failed(&path, &error)));
        let file = file.transpose()?;
        let writer = self.open(file.as_ref(), &schema)?;
        self.table = Some(Table {
            name: header.name,
            file,
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
        written.map_err(|error| failed(table.place(), &*error))
    }

    fn table_end(&mut self, end: &TableEnd) -> Result<(), Failure> {
        let Some(mut table) = self.table.take() else {
            return Ok(());
        };
        let completion = Completion(&end.completeness).to_string();
        if !completion.is_empty() {
            crate::say::line(format_args!("{}: {completion}", table.name));
        }
        let Some(file) = table.file.take() else {
            self.held = Some(table);
            return Ok(());
        };
        let finished = table.writer.finish();
        finished.map_err(|error| failed(file.path(), &*error))?;
        let (name, rows) = (table.name, end.rows);
        self.ended.push(Ended { name, file, rows });
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

    fn finish(&mut self) -> Result<(), Failure> {
        if let Some(table) = self.held.take() {
            let finished = table.writer.finish();
            finished.map_err(|error| failed(Path::new(OUTPUT), &*error))?;
        }
        for Ended { file, rows, .. } in self.ended.drain(..) {
            let path = file.path().to_owned();
            file.put_in_place().map_err(|error| failed(&path, &error))?;
            crate::say::note(format_args!("{rows} rows in {}", path.display()));
        }
        self.made = None;
        Ok(())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What has not taken its place goes first: only an empty folder can go.
        self.table = None;
        self.ended.clear();
        if let Some(folder) = &self.made {
            std::fs::remove_dir(folder).unwrap_or_default();
        }
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
    fn add(files: &mut Files, table: &str) -> Result<(), Failure> {
        files.table(TableHeader {
            name: table.to_owned(),
            columns: vec![TableColumn {
                name: "n".to_owned(),
                data_type: "INT64".to_owned(),
                semantic_type: "ST_NONE".to_owned(),
            }],
            streaming: false,
        })?;
        files.table_end(&TableEnd::default())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_result_that_fails_leaves_the_file_that_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("good.parquet");
        std::fs::write(&path, "old").unwrap();
        let mut files = Files::new(FileFormat::Parquet, Some(&path)).unwrap();
        add(&mut files, "a").unwrap();
        let text = add(&mut files, "b").unwrap_err().to_string();
        assert!(
            text.contains("`b`, does not fit in one file: nothing was written"),
            "{text}"
        );
        drop(files);
        assert_eq!(names(folder.path()), ["good.parquet"]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    }

    #[test]
    fn several_tables_make_a_folder_of_a_name_that_nothing_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hostd");
        let start = || Files::new(FileFormat::Arrow, Some(&path)).unwrap();
        let mut files = start();
        add(&mut files, "a").unwrap();
        add(&mut files, "b").unwrap();
        add(&mut files, "a").unwrap();
        drop(files);
        assert_eq!(names(folder.path()).len(), 0);
        let mut files = start();
        add(&mut files, "a").unwrap();
        add(&mut files, "b").unwrap();
        files.finish().unwrap();
        assert_eq!(names(&path), ["a.arrow", "b.arrow"]);
        assert_eq!(names(folder.path()), ["hostd"]);
        let only = folder.path().join("only");
        let mut files = Files::new(FileFormat::Arrow, Some(&only)).unwrap();
        add(&mut files, "a").unwrap();
        files.finish().unwrap();
        assert!(only.is_file());
    }
}
