using Xunit;

namespace Tarn.Serving.Tests;

public sealed class TensorMemoryTests
{
    private const int Large = TensorMemory.Small + 1;

    [Theory]
    [InlineData(Large, 80 << 10)]
    [InlineData(80 << 10, 80 << 10)]
    [InlineData((80 << 10) + 1, 96 << 10)]
    [InlineData(128 << 10, 128 << 10)]
    [InlineData((128 << 10) + 1, 160 << 10)]
    [InlineData(602_240, 640 << 10)]
    [InlineData(1 << 30, 1 << 30)]
    [InlineData(int.MaxValue - 100, 0x7FFFFFC7)]
    public void A_large_array_is_at_most_a_quarter_longer_than_what_was_asked_for(int asked, int length)
    {
        Assert.Equal(length, TensorMemory.LengthOf(asked));
        Assert.Equal(length, TensorMemory.LengthOf(length));
        Assert.InRange(length, asked, (long)asked * 5 / 4);
    }

    [Fact]
    public void What_came_back_last_is_taken_first_and_no_array_is_taken_twice()
    {
        var memory = new TensorMemory(1 << 20);
        var (first, second) = (memory.Rent(Large), memory.Rent(Large));
        Assert.NotSame(first, second);
        memory.Return(first);
        memory.Return(second);
        Assert.Equal(2 * (80 << 10), memory.Kept);
        Assert.Same(second, memory.Rent(70 << 10));
        Assert.Same(first, memory.Rent(80 << 10));
        Assert.NotSame(first, memory.Rent(Large));
        Assert.Equal(0, memory.Kept);
    }

    [Fact]
    public void Another_size_is_another_array()
    {
        var memory = new TensorMemory(1 << 20);
        var array = memory.Rent(100 << 10);
        memory.Return(array);
        Assert.NotSame(array, memory.Rent(90 << 10));
        Assert.Same(array, memory.Rent((96 << 10) + 1));
    }

    [Fact]
    public void No_more_bytes_are_kept_than_were_allowed()
    {
        var memory = new TensorMemory(200 << 10);
        var arrays = Enumerable.Range(0, 4).Select(_ => memory.Rent(Large)).ToList();
        arrays.ForEach(a => memory.Return(a));
        Assert.Equal(160 << 10, memory.Kept);
        Assert.Same(arrays[1], memory.Rent(Large));
        Assert.Same(arrays[0], memory.Rent(Large));
        Assert.DoesNotContain(arrays, a => ReferenceEquals(a, memory.Rent(Large)));
    }

    [Fact]
    public void What_was_not_needed_since_the_last_time_is_let_go()
    {
        var memory = new TensorMemory(1 << 20);
        var arrays = Enumerable.Range(0, 4).Select(_ => memory.Rent(Large)).ToList();
        arrays.ForEach(a => memory.Return(a));
        memory.Trim();
        Assert.Equal(4 * (80 << 10), memory.Kept);

        // Two of the four are in use between two looks.
        var (one, two) = (memory.Rent(Large), memory.Rent(Large));
        memory.Return(one);
        memory.Return(two);
        memory.Trim();
        Assert.Equal(2 * (80 << 10), memory.Kept);
        memory.Trim();
        Assert.Equal(0, memory.Kept);
    }

    [Fact]
    public async Task Threads_never_have_the_same_array()
    {
        var memory = new TensorMemory(4 << 20);
        await Parallel.ForAsync(0, 4, TestContext.Current.CancellationToken, async (thread, cancellation) =>
        {
            for (var i = 0; i < 2000; i++)
            {
                var array = memory.Rent(Large + (i % 3 * (40 << 10)));
                array[0] = (byte)thread;
                array[^1] = (byte)thread;
                await Task.Yield();
                Assert.Equal(((byte)thread, (byte)thread), (array[0], array[^1]));
                memory.Return(array);
            }
        });
    }
}
