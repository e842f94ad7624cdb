using System.Buffers;
using Microsoft.AspNetCore.Http;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

public sealed class ConnectionMemoryTests
{
    [Fact]
    public async Task Blocks_are_large_once_large_bodies_come_and_for_a_second_after()
    {
        var time = new ManualTimeProvider();
        var memory = new ConnectionMemory(1 << 20, time);
        using var pool = memory.Create();
        await AskAsync(0, ConnectionMemory.Small);
        await AskAsync(ConnectionMemory.Large, ConnectionMemory.Small);
        await AskAsync(null, ConnectionMemory.Small);
        await AskAsync(ConnectionMemory.Large + 1, ConnectionMemory.Large);
        time.Advance(TimeSpan.FromSeconds(0.9));
        await AskAsync(0, ConnectionMemory.Large);
        time.Advance(TimeSpan.FromSeconds(0.1));
        await AskAsync(0, ConnectionMemory.Small);
        await AskAsync(null, ConnectionMemory.Large, "chunked");

        async Task AskAsync(long? length, int expected, string? coding = null)
        {
            var http = new DefaultHttpContext();
            http.Request.ContentLength = length;
            if (coding is not null)
            {
                http.Request.Headers.TransferEncoding = coding;
            }

            var isAsked = false;
            await memory.InvokeAsync(http, _ =>
            {
                isAsked = true;
                return Task.CompletedTask;
            });
            Assert.True(isAsked);
            using var block = pool.Rent();
            Assert.Equal(expected, block.Memory.Length);
        }
    }

    [Fact]
    public void There_are_no_more_large_blocks_than_there_is_room_for()
    {
        var memory = Arriving(2 * ConnectionMemory.Large);
        using var one = memory.Create();
        using var other = memory.Create();
        var blocks = new[] { one.Rent(), other.Rent(ConnectionMemory.Small), one.Rent(1), other.Rent() };
        Assert.Equal([ConnectionMemory.Large, ConnectionMemory.Large, ConnectionMemory.Small, ConnectionMemory.Small], blocks.Select(static b => b.Memory.Length));
        Assert.Equal(0, memory.Left);
        blocks[0].Dispose();
        Assert.Equal(ConnectionMemory.Large, one.Rent().Memory.Length);
    }

    [Fact]
    public void A_block_that_came_back_is_lent_again_and_to_nobody_twice()
    {
        using var pool = Arriving(1 << 20).Create();
        var block = pool.Rent();
        block.Memory.Span[7] = 42;
        block.Dispose();
        block.Dispose();
        var (again, another) = (pool.Rent(), pool.Rent());
        Assert.Equal(42, again.Memory.Span[7]);
        another.Memory.Span[7] = 1;
        Assert.Equal(42, again.Memory.Span[7]);
    }

    [Fact]
    public void What_was_once_in_use_is_not_kept_and_makes_room_for_other_pools()
    {
        const int Blocks = 100;
        var time = new ManualTimeProvider();
        var memory = new ConnectionMemory(Blocks * ConnectionMemory.Large, time);
        memory.ExpectLarge();
        using var pool = memory.Create();
        using var other = memory.Create();
        var lent = Enumerable.Range(0, 2 * Blocks).Select(_ => pool.Rent()).ToList();
        Assert.Equal(0, memory.Left);
        lent.ForEach(static b => b.Dispose());
        Assert.Equal((Blocks * ConnectionMemory.Large) - (4 << 20), memory.Left);
        Assert.Equal(ConnectionMemory.Large, other.Rent().Memory.Length);

        // Nothing large comes any more: what is kept for it dwindles to a megabyte.
        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < Blocks; i++)
        {
            using var block = pool.Rent();
            Assert.Equal(ConnectionMemory.Small, block.Memory.Length);
        }

        Assert.Equal(((Blocks - 1) * ConnectionMemory.Large) - (1 << 20), memory.Left);
    }

    [Fact]
    public void A_pool_that_is_closed_lends_nothing_and_what_comes_back_to_it_is_let_go()
    {
        var memory = Arriving(3 * ConnectionMemory.Large);
        var pool = memory.Create();
        var (kept, lent) = (pool.Rent(), pool.Rent());
        kept.Dispose();
        pool.Dispose();
        Assert.Equal(2 * ConnectionMemory.Large, memory.Left);
        lent.Dispose();
        pool.Dispose();
        Assert.Equal(3 * ConnectionMemory.Large, memory.Left);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
    }

    [Fact]
    public void More_than_a_small_block_is_never_promised()
    {
        using var pool = Arriving(0).Create();
        Assert.Equal(ConnectionMemory.Small, pool.MaxBufferSize);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(ConnectionMemory.Small + 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Threads_that_lend_and_give_back_at_once_never_have_the_same_block(int seed)
    {
        const int Room = 20;
        var memory = Arriving(Room * ConnectionMemory.Large);
        using var pool = memory.Create();
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(seed + thread);
            var mine = new Queue<IMemoryOwner<byte>>();
            for (var i = 0; i < 20_000; i++)
            {
                if (mine.Count < 8 && random.Next(2) == 0)
                {
                    var block = pool.Rent();
                    block.Memory.Span[0] = (byte)thread;
                    block.Memory.Span[^1] = (byte)thread;
                    mine.Enqueue(block);
                }
                else if (mine.TryDequeue(out var block))
                {
                    Assert.True(block.Memory.Span[0] == thread && block.Memory.Span[^1] == thread, $"seed {seed}");
                    block.Dispose();
                }
            }

            while (mine.TryDequeue(out var left))
            {
                left.Dispose();
            }
        });
        pool.Dispose();
        Assert.Equal(Room * ConnectionMemory.Large, memory.Left);
    }

    private static ConnectionMemory Arriving(long mostLarge)
    {
        var memory = new ConnectionMemory(mostLarge, new ManualTimeProvider());
        memory.ExpectLarge();
        return memory;
    }
}
