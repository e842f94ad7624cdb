using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What the book of endpoints promises on every metadata store.</summary>
public abstract class EndpointBookContract : IAsyncDisposable
{
    private static readonly EndpointDefinition Pizza = new("pizza", "pizza-model");
    private static readonly RouteChange Ada = new("ada", "Why not.");
    private readonly List<IAsyncDisposable> _open = [];
    private readonly ManualTimeProvider _time = new();
    private MetadataStore? _store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var open in Enumerable.Reverse(_open))
        {
            await open.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the test's store; where it can be shared a further time, as another process does.</summary>
    protected abstract Task<MetadataStore> OpenAsync();

    [Fact]
    public async Task An_endpoint_is_made_found_split_and_deleted_and_the_ledger_tells_of_it()
    {
        var book = await BookAsync();
        Assert.Null(book.Find("pizza"));
        var made = await book.CreateAsync(Pizza, Ada, Cancellation);
        Assert.Same(made, book.Find("pizza"));
        Assert.Equal(("pizza", "pizza-model", "pizza", _time.GetUtcNow()), (made.Name, made.Model, made.Route.Salt, made.CreatedAt));
        Assert.Equal([new Variant("champion", VariantTarget.OfAlias("champion"), 100)], made.Route.Variants);

        _time.Advance(TimeSpan.FromMinutes(1));
        var route = new Route([new Variant("a", VariantTarget.OfVersion(3), 0.1), new Variant("b", VariantTarget.OfAlias("b_2"), 7)], [new Shadow("s", VariantTarget.OfVersion(9), 0.25)], "x-user");
        var verdict = JsonSerializer.Deserialize<JsonElement>("""{"p":0.01}""");
        var split = await book.SetRouteAsync("pizza", route, new RouteChange("grace", "Try b.\0") { Verdict = verdict, ExpectedRevision = made.Revision }, Cancellation);
        Assert.Equal(route.WithSalt("pizza"), split.Route);
        Assert.Equal((true, made.CreatedAt, _time.GetUtcNow()), (split.Revision > made.Revision, split.CreatedAt, split.ChangedAt));

        await book.DeleteAsync("pizza", new RouteChange("ada"), Cancellation);
        Assert.Null(book.Find("pizza"));
        Assert.Empty(book.Endpoints);
        var ledger = await book.ListLedgerAsync("pizza", cancellation: Cancellation);
        Assert.Equal([RouteChangeKind.Deleted, RouteChangeKind.RouteSet, RouteChangeKind.Created], ledger.Select(static e => e.Kind));
        Assert.Equal([(split.Route, null), (made.Route, split.Route), (null, made.Route)], ledger.Select(static e => (e.From, e.To)));
        Assert.Equal([("ada", ""), ("grace", "Try b.\uFFFD"), ("ada", "Why not.")], ledger.Select(static e => (e.Who, e.Reason)));
        Assert.Equal("""{"p":0.01}""", ledger[1].Verdict!.Value.GetRawText());
        Assert.Equal(split.Revision, ledger[1].Number);
    }

    [Fact]
    public async Task A_change_that_expects_another_revision_is_refused_and_changes_nothing()
    {
        var book = await BookAsync();
        var made = await book.CreateAsync(Pizza, Ada, Cancellation);
        var other = await book.SetRouteAsync("pizza", To(1), Ada, Cancellation);
        foreach (var change in (Func<RouteChange, Task>[])[c => book.SetRouteAsync("pizza", To(2), c, Cancellation), c => book.DeleteAsync("pizza", c, Cancellation)])
        {
            Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => change(Ada with { ExpectedRevision = made.Revision }))).Kind);
        }

        Assert.Equal(other, book.Find("pizza"));
        Assert.Equal(2, (await book.ListLedgerAsync(cancellation: Cancellation)).Count);
    }

    [Fact]
    public async Task Of_many_who_change_what_they_have_seen_one_does()
    {
        var (one, other) = (await BookAsync(), await BookAsync());
        var made = await one.CreateAsync(Pizza, Ada, Cancellation);
        var tries = Enumerable.Range(1, 20).Select(async i =>
        {
            try
            {
                return (await (i % 2 == 0 ? one : other).SetRouteAsync("pizza", To(i), Ada with { ExpectedRevision = made.Revision }, Cancellation)).Route.Variants[0].Target.Version;
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Conflict)
            {
                return null;
            }
        });
        var won = Assert.Single((await Task.WhenAll(tries)).OfType<long>());
        Assert.Equal([To(won).WithSalt("pizza"), made.Route], (await one.ListLedgerAsync(cancellation: Cancellation)).Select(static e => e.To));
    }

    [Fact]
    public async Task A_route_that_there_is_already_is_no_change()
    {
        var book = await BookAsync();
        var made = await book.CreateAsync(Pizza, Ada, Cancellation);
        Assert.Equal(made, await book.SetRouteAsync("pizza", Route.Champion, Ada, Cancellation));
        Assert.Single(await book.ListLedgerAsync(cancellation: Cancellation));
    }

    [Fact]
    public async Task A_declared_endpoint_is_made_once_and_not_set_back()
    {
        var book = await BookAsync(Pizza, new EndpointDefinition("loans", "loans"));
        Assert.Equal(["loans", "pizza"], book.Endpoints.Select(static e => e.Name));
        var split = await book.SetRouteAsync("pizza", To(4), Ada, Cancellation);
        var again = await BookAsync(Pizza, new EndpointDefinition("loans", "loans"));
        Assert.Equal(split, again.Find("pizza"));
        Assert.Equal(3, (await again.ListLedgerAsync(cancellation: Cancellation)).Count);
        Assert.Equal("program", (await again.ListLedgerAsync("loans", cancellation: Cancellation))[0].Who);
    }

    [Fact]
    public async Task Another_process_hears_of_every_change()
    {
        var (one, other) = (await BookAsync(), await BookAsync());
        var heard = new TaskCompletionSource<EndpointChanged>(TaskCreationOptions.RunContinuationsAsynchronously);
        other.Changed += static _ => throw new InvalidOperationException("A handler's fault is its own.");
        other.Changed += c => heard.TrySetResult(c);
        var made = await one.CreateAsync(Pizza, Ada, Cancellation);
        Assert.Equal(new EndpointChanged("pizza", null, made), await heard.Task.WaitAsync(Cancellation));
        heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var split = await one.SetRouteAsync("pizza", To(2), Ada, Cancellation);
        Assert.Equal(new EndpointChanged("pizza", made, split), await heard.Task.WaitAsync(Cancellation));
        Assert.Equal(split, other.Find("pizza"));
        heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await one.DeleteAsync("pizza", Ada, Cancellation);
        Assert.Equal(new EndpointChanged("pizza", split, null), await heard.Task.WaitAsync(Cancellation));
        Assert.Null(other.Find("pizza"));
    }

    [Fact]
    public async Task The_ledger_comes_in_pages_and_outlives_endpoints_and_its_times_never_go_back()
    {
        var book = await BookAsync();
        await book.CreateAsync(Pizza, Ada, Cancellation);
        _time.JumpTo(_time.GetUtcNow().AddDays(-1));
        for (var i = 1; i <= 5; i++)
        {
            await book.SetRouteAsync("pizza", To(i), Ada, Cancellation);
        }

        await book.DeleteAsync("pizza", Ada, Cancellation);
        var again = await book.CreateAsync(Pizza, Ada, Cancellation);
        await book.CreateAsync(new EndpointDefinition("other", "m"), Ada, Cancellation);
        var first = await book.ListLedgerAsync("pizza", null, 3, Cancellation);
        var rest = await book.ListLedgerAsync("pizza", first[^1].Number, 100, Cancellation);
        Assert.Equal((3, 5), (first.Count, rest.Count));
        Assert.Equal(again.Revision, first[0].Number);
        Assert.Equal(again.CreatedAt, rest[^1].At);
        var numbers = first.Concat(rest).Select(static e => e.Number).ToList();
        Assert.Equal(numbers.OrderDescending(), numbers);
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => book.ListLedgerAsync(limit: 0, cancellation: Cancellation))).Kind);
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_definition_is_told_at_once()
    {
        var book = await BookAsync();
        var error = await Assert.ThrowsAsync<TarnException>(() => book.CreateAsync(new EndpointDefinition("Pizza!", "a/b") { Variants = [new Variant("x", VariantTarget.OfVersion(1), 0)] }, Ada, Cancellation));
        Assert.Contains("endpoint = Pizza!", error.Value, StringComparison.Ordinal);
        Assert.Contains("model = a/b", error.Value, StringComparison.Ordinal);
        Assert.Contains("at least one is over 0", error.Value, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => book.CreateAsync(Pizza, new RouteChange(" "), Cancellation))).Kind);
        await book.CreateAsync(Pizza, Ada, Cancellation);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => book.CreateAsync(Pizza, Ada, Cancellation))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => book.SetRouteAsync("none", Route.Champion, Ada, Cancellation))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => book.DeleteAsync("none", Ada, Cancellation))).Kind);
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => book.Get("none")).Kind);
    }

    [Fact]
    public async Task Looking_up_allocates_nothing()
    {
        var book = await BookAsync(Pizza);
        Assert.NotNull(book.Find("pizza"));
        Assert.Equal(0, Garbage.LeastOf(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                _ = book.Find("/v1/pizza".AsSpan(4));
                _ = book.Find("none");
            }
        }));
    }

    private static Route To(long version) => new([new Variant("champion", VariantTarget.OfVersion(version), 1)]);

    private async Task<EndpointBook> BookAsync(params EndpointDefinition[] declared)
    {
        if (_store is null || _store.IsShared)
        {
            _open.Add(_store = await OpenAsync());
        }

        var book = new EndpointBook(_store, _time, NullLoggerFactory.Instance);
        _open.Add(book);
        await book.OpenAsync(declared, Cancellation);
        return book;
    }
}
