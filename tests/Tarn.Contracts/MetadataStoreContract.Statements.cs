using System.Data.Common;
using Dapper;
using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task Statements_take_their_values_by_name_in_whatever_order_and_nulls_among_them()
    {
        await using var store = await OpenThingsAsync();
        var statements = new StatementList();
        statements.Add("INSERT INTO thing(name, number, ratio) VALUES (@name, @number, @ratio)").Real("ratio", 0.5).Number("number", long.MinValue).Text("name", "größe 🜨");
        statements.Add("INSERT INTO thing(name, number, ratio) VALUES (@name, @number, @ratio)").Real("ratio", null).Number("number", 7).Text("name", "");
        statements.Add("UPDATE thing SET number = number + @by, name = name || @suffix WHERE number < @by OR name = @suffix").Text("suffix", "!").Number("by", 8);
        await ExecuteAsync(store, statements.ExecuteAsync);

        var rows = (await store.ReadAsync(static c => c.QueryAsync<(string, long, double?)>("SELECT name, number, ratio FROM thing ORDER BY id"), Cancellation)).ToList();
        Assert.Equal([("größe 🜨!", long.MinValue + 8, 0.5), ("!", 15L, null)], rows);
    }

    [Fact]
    public async Task Rows_that_number_themselves_tell_their_numbers_in_the_order_of_the_statements()
    {
        await using var store = await OpenThingsAsync();
        await InsertAsync(store, "before");
        var numbers = new List<long>();
        await ExecuteAsync(store, async (connection, transaction) =>
        {
            var statements = new StatementList();
            for (var i = 0; i < 1100; i++)
            {
                statements.Add("INSERT INTO thing(name) VALUES (@name)").Text("name", $"{i}");
            }

            numbers = await statements.InsertNumberedAsync(connection, transaction, "id");
        });
        var rows = await store.ReadAsync(static c => c.QueryAsync<(long, string)>("SELECT id, name FROM thing WHERE name <> 'before'"), Cancellation);
        Assert.Equal(rows.OrderBy(static r => r.Item1), numbers.Select(static (n, i) => (n, $"{i}")));
    }

    [Fact]
    public async Task A_refused_statement_is_the_callers_error_and_the_same_text_can_be_executed_again()
    {
        await using var store = await OpenThingsAsync();
        Task InsertBothAsync(string first, string second)
        {
            var statements = new StatementList();
            statements.Add("INSERT INTO thing(name) VALUES (@name)").Text("name", first);
            statements.Add("INSERT INTO thing(name) VALUES (@name)").Text("name", second);
            return ExecuteAsync(store, statements.ExecuteAsync);
        }

        await Assert.ThrowsAnyAsync<DbException>(() => InsertBothAsync("a", "a"));
        Assert.Null(store.Fault);
        await InsertBothAsync("a", "b");
        Assert.Equal(["a", "b"], await NamesAsync(store));
    }

    [Fact]
    public async Task A_statement_whose_values_are_not_its_parameters_is_refused()
    {
        await using var store = await OpenThingsAsync();
        var missing = new StatementList();
        missing.Add("INSERT INTO thing(name, number) VALUES (@name, @number)").Text("name", "a");
        await Assert.ThrowsAnyAsync<Exception>(() => ExecuteAsync(store, missing.ExecuteAsync));
        Assert.Equal(0, await CountAsync(store));
    }

    private static Task ExecuteAsync(MetadataStore store, Func<DbConnection, DbTransaction, Task> write) => store.WriteAsync(
        async (connection, transaction) =>
        {
            await write(connection, transaction);
            return true;
        },
        cancellation: Cancellation);
}
