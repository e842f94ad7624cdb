using System.Data;
using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Tarn.Core;

/// <summary>
/// Statements executed together inside of a write to the metadata store: where the driver can, in one round trip; in SQLite one after the other, each by a statement that its
/// connection keeps prepared. For writes of many rows.
/// </summary>
public sealed class StatementList
{
    /// <summary>So many go in one round trip at most. Their values stay below what the garbage collector takes for a large object.</summary>
    private const int LargestBatch = 128;

    private readonly List<(string Sql, int FirstValue)> _statements = [];
    private readonly List<Value> _values = [];

    /// <summary>Whether there are enough of them to be executed with good effect: those who have many more do so, and go on with the emptied list.</summary>
    public bool IsFull => _statements.Count >= LargestBatch;

    /// <summary>Adds a statement, whose values are then given to it in turn. The text is kept by its connection: values never stand in it.</summary>
    /// <param name="sql">The statement, with its parameters as <c>@name</c>. One text is given the same names in the same order each time.</param>
    public Statement Add(string sql)
    {
        _statements.Add((sql, _values.Count));
        return new Statement(this);
    }

    /// <summary>Executes the statements in the order in which they were added; the list is empty afterwards. What they return is not read.</summary>
    /// <param name="connection">The write's connection.</param>
    /// <param name="transaction">The write's transaction.</param>
    /// <exception cref="DbException">The store refused one of them; those before it took effect in the transaction.</exception>
    public async Task ExecuteAsync(DbConnection connection, DbTransaction transaction)
    {
        if (connection is SqliteConnection sqlite)
        {
            var prepared = SqliteStatements.Of(sqlite);
            for (var i = 0; i < _statements.Count; i++)
            {
                prepared.Execute(_statements[i].Sql, ValuesOf(i));
            }

            Clear();
            return;
        }

        for (var from = 0; from < _statements.Count; from += LargestBatch)
        {
            await using var batch = BatchOf(connection, transaction, from, "");
            await batch.ExecuteNonQueryAsync();
        }

        Clear();
    }

    /// <summary>Executes statements that insert one row each, into tables whose rows number themselves; returns the numbers, in the order of the statements. The list is empty afterwards.</summary>
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
            for (var i = 0; i < _statements.Count; i++)
            {
                prepared.Execute(_statements[i].Sql, ValuesOf(i));
                numbers.Add(prepared.LastRowNumber);
            }

            Clear();
            return numbers;
        }

        for (var from = 0; from < _statements.Count; from += LargestBatch)
        {
            await using var batch = BatchOf(connection, transaction, from, $" RETURNING {column}");
            await using var reader = await batch.ExecuteReaderAsync();
            do
            {
                await reader.ReadAsync();
                numbers.Add(reader.GetInt64(0));
            }
            while (await reader.NextResultAsync());
        }

        Clear();
        return numbers;
    }

    private void Clear()
    {
        _statements.Clear();
        _values.Clear();
    }

    private DbBatch BatchOf(DbConnection connection, DbTransaction transaction, int from, string suffix)
    {
        var batch = connection.CreateBatch();
        batch.Transaction = transaction;
        for (var i = from; i < Math.Min(from + LargestBatch, _statements.Count); i++)
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = _statements[i].Sql + suffix;
            foreach (var value in ValuesOf(i))
            {
                var parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.DbType, parameter.Value) = (value.Name, value.Type, value.Boxed ?? DBNull.Value);
                command.Parameters.Add(parameter);
            }

            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    private ReadOnlySpan<Value> ValuesOf(int statement)
    {
        var end = statement + 1 < _statements.Count ? _statements[statement + 1].FirstValue : _values.Count;
        return CollectionsMarshal.AsSpan(_values)[_statements[statement].FirstValue..end];
    }

    /// <summary>
    /// The statement that was added last, to be given its values, all before the next is added. A statement of one text names the same values in the same order each time.
    /// </summary>
    public readonly ref struct Statement
    {
        private readonly StatementList _list;

        internal Statement(StatementList list) => _list = list;

        /// <summary>Gives a whole number, or null.</summary>
        public Statement Number(string name, long? value)
        {
            _list._values.Add(new Value(name, DbType.Int64, value is null, value.GetValueOrDefault(), null));
            return this;
        }

        /// <summary>Gives a floating-point number, or null. SQLite stores what is not a number as null: keep that apart.</summary>
        public Statement Real(string name, double? value)
        {
            _list._values.Add(new Value(name, DbType.Double, value is null, BitConverter.DoubleToInt64Bits(value.GetValueOrDefault()), null));
            return this;
        }

        /// <summary>Gives a text, or null.</summary>
        public Statement Text(string name, string? value)
        {
            _list._values.Add(new Value(name, DbType.String, value is null, 0, value));
            return this;
        }
    }

    /// <summary>One value of a statement: of the fields, that of its type; the bits of a floating-point number are those of the whole one.</summary>
    internal readonly record struct Value(string Name, DbType Type, bool IsNull, long Number, string? Text)
    {
        public double Real => BitConverter.Int64BitsToDouble(Number);

        public object? Boxed => IsNull ? null : Type switch
        {
            DbType.Int64 => Number,
            DbType.Double => Real,
            _ => Text,
        };
    }
}
