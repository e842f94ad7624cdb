using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Postgres.Tests;

/// <summary>
/// Several stores write together while the network of each is cut, stalled and restored at random, and sometimes the server is killed: what a write was told is what is in the database.
/// </summary>
public sealed class PostgresMetadataChaosTests
{
    private const int Stores = 3;
    private const int Writers = 6;
    private const int Faults = 40;

    private static readonly PostgresMetadataOptions Impatient = new()
    {
        MaxReaders = 4,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        StatementTimeout = TimeSpan.FromSeconds(2),
        WriterTimeout = TimeSpan.FromMilliseconds(200),
        OutcomeTimeout = TimeSpan.FromMinutes(2),
        KeepAlive = TimeSpan.FromSeconds(1),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_a_write_is_told_is_what_happened(int seed)
    {
        await using var cluster = new PostgresCluster();
        await cluster.InitializeAsync();
        var direct = new NpgsqlConnectionStringBuilder(await cluster.RequireAsync());
        var near = await StoreUser.OpenAsync(direct.ConnectionString, PostgresTestOptions.Patient);
        await using var nearStore = near.Store;
        await near.InsertAsync("0");
        var nodes = new List<(TcpProxy Proxy, StoreUser User)>();
        for (var i = 0; i < Stores; i++)
        {
            var proxy = TcpProxy.Start(direct.Port);
            nodes.Add((proxy, await StoreUser.OpenImpatientAsync(new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Port = proxy.Port }.ConnectionString, Impatient)));
        }

        var told = new Told();
        using var stop = new CancellationTokenSource();
        var writers = nodes.SelectMany((n, i) => Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(n.User.Store, near, $"{i}/{w}", told, stop.Token)))).ToList();
        var random = new Random(seed);
        for (var fault = 0; fault < Faults; fault++)
        {
            // The state that is waited for: some writes have gone through since the last fault.
            await told.WhenMoreAsync(random.Next(1, 30));
            var (proxy, user) = nodes[random.Next(Stores)];
            switch (random.Next(20))
            {
                case 0:
                    await cluster.StopAsync(crash: true);
                    await cluster.StartAsync();
                    break;
                case < 8:
                    proxy.Cut();
                    break;
                case < 14:
                    proxy.Stall(random.Next(2) == 0 ? ProxyDirection.ToClient : ProxyDirection.ToServer);
                    break;
                default:
                    proxy.Stall(ProxyDirection.Both);
                    break;
            }

            // The others go on beside it, at most held up until the silent one has lost the lock.
            await told.WhenMoreAsync(random.Next(1, 30));
            if (random.Next(3) > 0)
            {
                proxy.Cut();
            }

            proxy.Restore();
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        foreach (var (proxy, user) in nodes)
        {
            await user.Store.DisposeAsync();
            await proxy.DisposeAsync();
        }

        var names = (await near.NamesAsync())[1..];
        var counted = names.Select(static n => n.Split(' ')).ToList();
        Assert.Empty(told.Unknown);
        Assert.Equal(told.Done.Order(StringComparer.Ordinal), counted.Select(static n => n[1]).Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, names.Count), counted.Select(static n => int.Parse(n[0], CultureInfo.InvariantCulture)));
        Assert.NotEmpty(told.Failed);
        TestContext.Current.TestOutputHelper?.WriteLine($"{told.Done.Count} written, {told.Failed.Count} failed");
    }

    private static async Task WriteAsync(MetadataStore store, StoreUser near, string writer, Told told, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{writer}/{i}");
            try
            {
                await store.WriteAsync((connection, transaction) => InsertAsync(connection, transaction, name), cancellation: CancellationToken.None);
                told.Add(told.Done, name);
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
            {
                (error.IsOutcomeUnknown ? told.Unknown : told.Failed).Enqueue(name);
                await LookAsync(near);
            }
        }
    }

    /// <summary>Does something else before trying again.</summary>
    private static async Task LookAsync(StoreUser near)
    {
        try
        {
            await near.CountAsync();
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
        {
            await Task.Yield(); // The server is away for all.
        }
    }

    /// <summary>Reads the last number, and writes the next: two that went on at once would write the same.</summary>
    private static async Task<int> InsertAsync(DbConnection connection, DbTransaction transaction, string name)
    {
        var last = await connection.QuerySingleAsync<string>("SELECT name FROM name ORDER BY id DESC LIMIT 1", transaction: transaction);
        var next = int.Parse(last.Split(' ')[0], CultureInfo.InvariantCulture) + 1;
        return await connection.ExecuteAsync("INSERT INTO name(name) VALUES (@text)", new { text = string.Create(CultureInfo.InvariantCulture, $"{next} {name}") }, transaction);
    }

    private sealed class Told
    {
        private readonly SemaphoreSlim _more = new(0);

        public ConcurrentQueue<string> Done { get; } = [];

        public ConcurrentQueue<string> Failed { get; } = [];

        public ConcurrentQueue<string> Unknown { get; } = [];

        public void Add(ConcurrentQueue<string> where, string name)
        {
            where.Enqueue(name);
            _more.Release();
        }

        public async Task WhenMoreAsync(int count)
        {
            while (_more.Wait(0, Cancellation))
            {
                // Those of before.
            }

            for (var i = 0; i < count; i++)
            {
                await _more.WaitAsync(Cancellation);
            }
        }
    }
}
