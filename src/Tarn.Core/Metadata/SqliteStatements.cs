using System.Data;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tarn.Core;

/// <summary>
/// The statements that a connection to SQLite keeps prepared. The ADO.NET driver looks every parameter up by its name at every execution, which for a row of a dozen columns costs half as
/// much as the insert itself; here values are bound by positions that are looked up once.
/// </summary>
internal sealed class SqliteStatements
{
    private static readonly ConditionalWeakTable<SqliteConnection, SqliteStatements> ByConnection = [];

    private readonly sqlite3 _database;
    private readonly Dictionary<string, Prepared> _prepared = new(StringComparer.Ordinal);

    private SqliteStatements(SqliteConnection connection)
    {
        _database = connection.Handle!;
        connection.StateChange += OnStateChange;
    }

    /// <summary>The number of the row that was inserted last.</summary>
    public long LastRowNumber => raw.sqlite3_last_insert_rowid(_database);

    /// <summary>Those of an open connection; they are freed when it is closed.</summary>
    public static SqliteStatements Of(SqliteConnection connection) => ByConnection.GetValue(connection, static c => new SqliteStatements(c));

    /// <summary>Executes a statement; rows that it returns are not read.</summary>
    /// <exception cref="SqliteException">It was refused.</exception>
    public void Execute(string sql, ReadOnlySpan<StatementList.Value> values)
    {
        if (!_prepared.TryGetValue(sql, out var prepared))
        {
            _prepared.Add(sql, prepared = Prepare(sql, values));
        }

        var handle = prepared.Handle;
        for (var i = 0; i < values.Length; i++)
        {
            Bind(handle, prepared.Positions[i], values[i]);
        }

        try
        {
            int code;
            do
            {
                code = raw.sqlite3_step(handle);
            }
            while (code == raw.SQLITE_ROW);

            SqliteException.ThrowExceptionForRC(code, _database);
        }
        finally
        {
            // What it returns is the error of the step again.
            _ = raw.sqlite3_reset(handle);
        }
    }

    private Prepared Prepare(string sql, ReadOnlySpan<StatementList.Value> values)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, sql, out var handle), _database);
        string[] names = new string[values.Length];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = values[i].Name;
        }

        int[] positions = [.. names.Select(name => raw.sqlite3_bind_parameter_index(handle, "@" + name))];
        if (positions.Contains(0) || positions.Length != raw.sqlite3_bind_parameter_count(handle))
        {
            handle.Dispose();
            throw new ArgumentException($"The values of a statement are its parameters, each once: {string.Join(", ", names)} for {sql}", nameof(values));
        }

        return new Prepared(handle, positions);
    }

    private void Bind(sqlite3_stmt handle, int position, in StatementList.Value value)
    {
        var code = value switch
        {
            { IsNull: true } => raw.sqlite3_bind_null(handle, position),
            { Type: DbType.Int64 } => raw.sqlite3_bind_int64(handle, position, value.Number),
            { Type: DbType.Double } => raw.sqlite3_bind_double(handle, position, value.Real),
            _ => raw.sqlite3_bind_text(handle, position, value.Text!),
        };
        SqliteException.ThrowExceptionForRC(code, _database);
    }

    private void OnStateChange(object sender, StateChangeEventArgs change)
    {
        if (change.CurrentState == ConnectionState.Closed)
        {
            var connection = (SqliteConnection)sender;
            connection.StateChange -= OnStateChange;
            ByConnection.Remove(connection);
            foreach (var prepared in _prepared.Values)
            {
                prepared.Handle.Dispose();
            }

            _prepared.Clear();
        }
    }

    private readonly record struct Prepared(sqlite3_stmt Handle, int[] Positions);
}
