using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Tarn.Core;

/// <summary>
/// Statements executed together inside of a write to the metadata store: where the driver can, in one round trip; in SQLite one after the other, each by a statement that its
/// connection keeps prepared. For writes of many rows.
/// </summary>
public sealed class StatementList
{
    /// <summary>So many go in one round trip at most.</summary>
    private const int LargestBatch = 500;

    private readonly List<Statement> _statements = [];

    /// <summary>Adds a statement, whose values are then given to it in turn. The text is kept by its connection: values never stand in it.</summary>
    /// <param name="sql">The statement, with its parameters as <c>@name</c>. One text is given the same names in the same order each time.</param>
    public Statement Add(string sql)
    {
        var statement = new Statement(sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Executes the statements in the order in which they were added. What they return is not read.</summary>
    /// <param name="connection">The write's connection.</param>
    /// <param name="transaction">The write's transaction.</param>
    /// <exception cref="DbException">The store refused one of them; those before it took effect in the transaction.</exception>
    public async Task ExecuteAsync(DbConnection connection, DbTransaction transaction)
    {
        if (connection is SqliteConnection sqlite)
        {
            var prepared = SqliteStatements.Of(sqlite);
            _statements.ForEach(prepared.Execute);
            return;
        }

        foreach (var chunk in _statements.Chunk(LargestBatch))
        {
            await using var batch = BatchOf(connection, transaction, chunk, "");
            await batch.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Executes statements that insert one row each, into tables whose rows number themselves; returns the numbers, in the order of the statements.</summary>
    /// <param name="connection">The write's connection.</param>
    /// <param name="transaction">The write's transaction.</param>
    /// <param name="column">The column of the numbers: in SQLite the table's <c>INTEGER PRIMARY KEY</c>.</param>
    /// <exception cref="DbException">The store refused one of them; those before it took effect in the transaction.</exception>
    public async Task<List<long>> InsertNumberedAsync(DbConnection connection, DbTransaction transaction, string column)
    {
        var numbers = new List<long>(_statements.Count);
        if (connection is SqliteConnection sqlite)
        {
            // RETURNING makes an insert take twice as long.
            var prepared = SqliteStatements.Of(sqlite);
            foreach (var statement in _statements)
            {
                prepared.Execute(statement);
                numbers.Add(prepared.LastRowNumber);
            }

            return numbers;
        }

        foreach (var chunk in _statements.Chunk(LargestBatch))
        {
            await using var batch = BatchOf(connection, transaction, chunk, $" RETURNING {column}");
            await using var reader = await batch.ExecuteReaderAsync();
            do
            {
                await reader.ReadAsync();
                numbers.Add(reader.GetInt64(0));
            }
            while (await reader.NextResultAsync());
        }

        return numbers;
    }

    private static DbBatch BatchOf(DbConnection connection, DbTransaction transaction, Statement[] statements, string suffix)
    {
        var batch = connection.CreateBatch();
        batch.Transaction = transaction;
        foreach (var statement in statements)
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = statement.Sql + suffix;
            foreach (var value in statement.Values)
            {
                var parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.DbType, parameter.Value) = (value.Name, value.Type, value.Boxed ?? DBNull.Value);
                command.Parameters.Add(parameter);
            }

            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    /// <summary>One statement with its values; a statement of one text names the same values in the same order each time.</summary>
    public sealed class Statement
    {
        internal Statement(string sql) => Sql = sql;

        internal string Sql { get; }

        internal List<Value> Values { get; } = [];

        /// <summary>Gives a whole number, or null.</summary>
        public Statement Number(string name, long? value)
        {
            Values.Add(new Value(name, DbType.Int64, value is null, value.GetValueOrDefault(), 0, null));
            return this;
        }

        /// <summary>Gives a floating-point number, or null. SQLite stores what is not a number as null: keep that apart.</summary>
        public Statement Real(string name, double? value)
        {
            Values.Add(new Value(name, DbType.Double, value is null, 0, value.GetValueOrDefault(), null));
            return this;
        }

        /// <summary>Gives a text, or null.</summary>
        public Statement Text(string name, string? value)
        {
            Values.Add(new Value(name, DbType.String, value is null, 0, 0, value));
            return this;
        }
    }

    /// <summary>One value of a statement: of the fields, that of its type.</summary>
    internal readonly record struct Value(string Name, DbType Type, bool IsNull, long Number, double Real, string? Text)
    {
        public object? Boxed => IsNull ? null : Type switch
        {
            DbType.Int64 => Number,
            DbType.Double => Real,
            _ => Text,
        };
    }
}
