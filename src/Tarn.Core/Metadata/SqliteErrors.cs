using Microsoft.Data.Sqlite;

namespace Tarn.Core;

/// <summary>SQLite's result codes (sqlite.org/rescode.html) as errors for people.</summary>
internal static class SqliteErrors
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int Input = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>Whether the error is of the file or the disk, not of the statement: it strikes the whole transaction.</summary>
    public static bool IsOfTheStore(SqliteException error) =>
        error.SqliteErrorCode is Busy or Locked or ReadOnly or Input or Corrupt or Full or CannotOpen or NotADatabase;

    public static TarnException Translate(SqliteException error, string path) => error.SqliteErrorCode switch
    {
        Full => Unavailable("The metadata cannot be written: the disk is full.", "Free space on its file system; what waits to be written is written then.", path, error),
        Input => Unavailable("The metadata cannot be read or written: the file system reports an error.", "Look at the disk's health and free space.", path, error),
        ReadOnly => Unavailable("The metadata cannot be written: the file or its folder is read-only for this user.", "Give this user the right to write there.", path, error),
        CannotOpen => Unavailable("The metadata file cannot be opened.", "The folder must exist and this user must have the right to write in it.", path, error),
        Busy or Locked => Unavailable("The metadata is locked by another process.", "Stop the other program that works on this data directory.", path, error),
        Corrupt or NotADatabase => TarnException.Corrupt("The metadata file is damaged, or no database of Tarn's.", path, "Put back a copy, or start with another data directory.", error),
        _ => new TarnException(ErrorKind.Corrupt, $"The metadata store refused a statement: {error.Message}", path, null, error),
    };

    private static TarnException Unavailable(string rule, string remedy, string path, SqliteException error) =>
        new(ErrorKind.Unavailable, rule, path, remedy, error);
}
