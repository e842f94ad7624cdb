using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

/// <summary>Keys over a store, without a server, under a clock that a test moves.</summary>
internal sealed class KeyWorld : IAsyncDisposable
{
    private readonly bool _ownsStore;
    private readonly SecurityJournal _journal = new();

    private KeyWorld(MetadataStore store, ManualTimeProvider time, bool ownsStore)
    {
        (Store, Time, _ownsStore) = (store, time, ownsStore);
        Usage = new KeyUsage(store, _journal);
        Callers = new Callers(store, null, Usage, time);
        Keys = new ApiKeys(store, Callers, time);
        Plan = SecurityPlan.Read(new Microsoft.Extensions.Configuration.ConfigurationManager { ["Security:Authentication"] = "required" }.GetSection("Security"), []);
        Sessions = new Sessions(store, Callers, Plan, time);
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public MetadataStore Store { get; }

    public ManualTimeProvider Time { get; }

    public KeyUsage Usage { get; }

    public Callers Callers { get; }

    public ApiKeys Keys { get; }

    public Sessions Sessions { get; }

    public SecurityPlan Plan { get; }

    public static async Task<KeyWorld> OpenAsync(TemporaryDirectory folder)
    {
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));
        return await OpenAsync(MetadataStore.Open(folder.Combine("meta.db"), time, NullLoggerFactory.Instance), time, ownsStore: true);
    }

    public static async Task<KeyWorld> OpenAsync(MetadataStore store, ManualTimeProvider time, bool ownsStore = false)
    {
        var world = new KeyWorld(store, time, ownsStore);
        await world.Callers.OpenAsync(Cancellation);
        return world;
    }

    public async Task<(ApiKey Key, string Text)> CreateAsync(string name, AccessRole role = AccessRole.Operator) => await Keys.CreateAsync(New(name, role), Cancellation);

    public static ApiKey New(string name, AccessRole role = AccessRole.Operator) => new() { Id = "", Name = name, Role = role, CreatedAt = default, CreatedBy = "test" };

    /// <summary>The subject that a text authenticates, or why it does not.</summary>
    public async Task<string> FindAsync(string text)
    {
        var (caller, reason) = await Callers.FindAsync(Presented.OfText(text, 0), Time.GetUtcNow());
        return caller?.Subject ?? reason ?? "";
    }

    public Task<string> DumpAsync() => Store.ReadAsync(static async c => string.Join(' ', (await c.QueryAsync("SELECT * FROM security_key")).Concat(await c.QueryAsync("SELECT * FROM security_session")).Select(static r => (string)Convert.ToString(r)!)));

    public async ValueTask DisposeAsync()
    {
        Callers.Dispose();
        if (_ownsStore)
        {
            await Store.DisposeAsync();
        }

        _journal.Dispose();
    }
}
