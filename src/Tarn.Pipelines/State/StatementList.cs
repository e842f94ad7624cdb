using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;

namespace Tarn.Pipelines;

/// <summary>
/// Statements that return nothing, executed together: where the driver can, in one round trip; else one after the other, each by a command that its connection keeps prepared.
/// </summary>
internal sealed class StatementList
{
    /// <summary>So many go in one round trip at most.</summary>
    private const int LargestBatch = 500;

    private static readonly ConditionalWeakTable<DbConnection, Dictionary<string, DbCommand>> Prepared = [];

    private readonly List<Statement> _statements = [];

    public Statement Add(string sql)
    {
        var statement = new Statement(sql);
        _statements.Add(statement);
        return statement;
    }

    public async Task ExecuteAsync(DbConnection connection, DbTransaction transaction)
    {
        if (!connection.CanCreateBatch)
        {
            foreach (var statement in _statements)
            {
                await CommandOf(connection, transaction, statement).ExecuteNonQueryAsync();
            }

            return;
        }

        foreach (var chunk in _statements.Chunk(LargestBatch))
        {
            await using var batch = connection.CreateBatch();
            batch.Transaction = transaction;
            foreach (var statement in chunk)
            {
                var command = batch.CreateBatchCommand();
                command.CommandText = statement.Sql;
                foreach (var (name, type, value) in statement.Values)
                {
                    var parameter = command.CreateParameter();
                    (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, value ?? DBNull.Value);
                    command.Parameters.Add(parameter);
                }

                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync();
        }
    }

    private static DbCommand CommandOf(DbConnection connection, DbTransaction transaction, Statement statement)
    {
        var commands = Prepared.GetOrCreateValue(connection);
        if (!commands.TryGetValue(statement.Sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = statement.Sql;
            foreach (var (name, type, _) in statement.Values)
            {
                var parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.DbType) = ("@" + name, type);
                command.Parameters.Add(parameter);
            }

            commands.Add(statement.Sql, command);
        }

        command.Transaction = transaction;
        for (var i = 0; i < statement.Values.Count; i++)
        {
            command.Parameters[i].Value = statement.Values[i].Value ?? DBNull.Value;
        }

        return command;
    }

    /// <summary>One statement with its values; a statement of one text names the same values in the same order each time.</summary>
    internal sealed class Statement(string sql)
    {
        public string Sql => sql;

        public List<(string Name, DbType Type, object? Value)> Values { get; } = [];

        public Statement Number(string name, long? value)
        {
            Values.Add((name, DbType.Int64, value));
            return this;
        }

        public Statement Text(string name, string? value)
        {
            Values.Add((name, DbType.String, value));
            return this;
        }
    }
}
