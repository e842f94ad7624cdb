using Xunit;

namespace Tarn.Native.Tests;

/// <summary>Disposal in every order, interruption, several threads.</summary>
public sealed class DuckDbLifetimeTests
{
    [Fact]
    public void Things_may_be_disposed_in_any_order_and_more_than_once()
    {
        for (var seed = 0; seed < 24; seed++)
        {
            var random = new Random(seed);
            var database = DuckDbDatabase.Open();
            var connection = database.Connect();
            connection.Execute("CREATE TABLE t (a VARCHAR)");
            var appender = connection.Append("t");
            appender.Column(0).SetString(0, "a text of more than twelve bytes");
            appender.Append(1);
            appender.Flush();
            var statement = connection.Prepare("SELECT a FROM t, range(5000)");
            var result = seed % 2 == 0 ? statement.Stream() : statement.Query();
            var chunk = result.Fetch()!;
            IDisposable[] all = [database, connection, appender, statement, result, chunk];
            random.Shuffle(all);
            foreach (var item in all)
            {
                if (item != chunk && Array.IndexOf(all, chunk) > Array.IndexOf(all, item))
                {
                    Assert.Equal("a text of more than twelve bytes", chunk.Column(0).GetString(chunk.Count - 1));
                }

                item.Dispose();
            }

            foreach (var item in all)
            {
                item.Dispose();
            }
        }
    }

    [Fact]
    public void What_is_used_after_its_disposal_says_so()
    {
        var database = DuckDbDatabase.Open();
        var connection = database.Connect();
        var statement = connection.Prepare("SELECT 1");
        var result = statement.Query();
        var chunk = result.Fetch()!;
        connection.Execute("CREATE TABLE t (a INT)");
        var appender = connection.Append("t");
        appender.Dispose();
        chunk.Dispose();
        result.Dispose();
        statement.Dispose();
        connection.Dispose();
        database.Dispose();
        Assert.Throws<ObjectDisposedException>(() => database.Connect());
        Assert.Throws<ObjectDisposedException>(() => connection.Execute("SELECT 1"));
        Assert.Throws<ObjectDisposedException>(() => connection.Append("t"));
        Assert.Throws<ObjectDisposedException>(() => statement.Query());
        Assert.Throws<ObjectDisposedException>(() => result.Fetch());
        Assert.Throws<ObjectDisposedException>(() => chunk.Column(0));
        Assert.Throws<ObjectDisposedException>(() => appender.Column(0));
        connection.Interrupt();
    }

    [Fact]
    public void What_is_forgotten_is_freed_by_the_garbage_collector()
    {
        for (var i = 0; i < 20; i++)
        {
            Forget();
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        Assert.Equal(1, connection.Scalar("SELECT 1"));

        static void Forget()
        {
            var connection = DuckDbDatabase.Open().Connect();
            var result = connection.Prepare("SELECT * FROM range(100000)").Stream();
            _ = result.Fetch();
        }
    }

    [Fact]
    public async Task An_interrupted_query_fails_as_interrupted_and_the_connection_goes_on()
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        for (var i = 0; i < 5; i++)
        {
            using var running = new ManualResetEventSlim();
            var query = Task.Run(
                () =>
                {
                    running.Set();
                    return Assert.Throws<DuckDbException>(() => connection.Execute("SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range + b.range < 0"));
                },
                TestContext.Current.CancellationToken);
            running.Wait(TestContext.Current.CancellationToken);
            while (!query.IsCompleted)
            {
                // An interrupt before the query has begun is forgotten.
                connection.Interrupt();
                await Task.Yield();
            }

            Assert.True((await query).IsInterrupt);
            Assert.Equal(1, connection.Scalar("SELECT 1"));
        }
    }

    [Fact]
    public async Task Several_threads_use_one_database_each_with_a_connection()
    {
        using var database = DuckDbDatabase.Open();
        using (var connection = database.Connect())
        {
            connection.Execute("CREATE TABLE t (worker INTEGER, n BIGINT, text VARCHAR)");
        }

        const int Workers = 8;
        const int Each = 3000;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(
            () =>
            {
                using var connection = database.Connect();
                using (var appender = connection.Append("t"))
                {
                    for (var start = 0; start < Each; start += 1000)
                    {
                        var (workers, numbers, texts) = (appender.Column(0), appender.Column(1), appender.Column(2));
                        for (var i = 0; i < 1000; i++)
                        {
                            workers.Values<int>()[i] = worker;
                            numbers.Values<long>()[i] = start + i;
                            texts.SetString(i, $"worker {worker} wrote {start + i}");
                        }

                        appender.Append(1000);
                    }

                    appender.Flush();
                }

                using var statement = connection.Prepare("SELECT n, text FROM t WHERE worker = $1 ORDER BY n");
                using var result = statement.Bind(1, worker).Stream();
                long seen = 0;
                while (result.Fetch() is { } chunk)
                {
                    using (chunk)
                    {
                        for (var i = 0; i < chunk.Count; i++, seen++)
                        {
                            Assert.Equal(seen, chunk.Column(0).Values<long>()[i]);
                            Assert.Equal($"worker {worker} wrote {seen}", chunk.Column(1).GetString(i));
                        }
                    }
                }

                Assert.Equal(Each, seen);
            },
            TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void A_chunk_outlives_its_result_and_later_chunks()
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var chunks = new List<DuckDbChunk>();
        using (var statement = connection.Prepare("SELECT range, 'text number ' || range FROM range(20000)"))
        using (var result = statement.Stream())
        {
            while (result.Fetch() is { } chunk)
            {
                chunks.Add(chunk);
            }
        }

        connection.Execute("SELECT 1");
        long row = 0;
        foreach (var chunk in chunks)
        {
            for (var i = 0; i < chunk.Count; i++, row++)
            {
                Assert.Equal(row, chunk.Column(0).Values<long>()[i]);
                Assert.Equal($"text number {row}", chunk.Column(1).GetString(i));
            }

            chunk.Dispose();
        }

        Assert.Equal(20_000, row);
    }
}
