using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Requests that run by themselves.</summary>
public sealed class AnswerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_answer_is_that_of_the_session_itself(int seed)
    {
        var random = new Random(seed);
        foreach (var (bytes, columns) in new (byte[], int)[] { (TestModels.HalfPlusTwo(), 0), (TestModels.Dense(seed), 4), (TestModels.Mean(), 2), (TestModels.Open(), 5), (TestModels.Slow(32, 2), 32), (TestModels.Wide(200_000), 200_000), (TestModels.RowMaxima(100_000), 100_000) })
        {
            using var session = OnnxSession.FromBytes(bytes);
            var model = Calls.Load(bytes);
            foreach (var rows in new[] { 1, 3, 2, 70, 1 })
            {
                long[] shape = columns == 0 ? [rows] : [rows, columns];
                var values = random.Draw(rows * Math.Max(1, columns));
                using var input = OnnxValue.FromMemory<float>(values, shape);
                using var expected = session.Run(new Dictionary<string, OnnxValue> { [session.Inputs[0].Name] = input });
                using var request = model.Rent<float>(shape, values);
                await request.RunAsync();

                Assert.Null(request.Failure);
                Assert.Equal(expected[0].Shape, request.Outputs[0].Shape.ToArray());
                Assert.Equal(expected[0].ToArray<float>(), request.Read<float>());
            }

            model.Release();
            await model.Freed;
        }
    }

    [Fact]
    public async Task Several_inputs_and_outputs_keep_their_places()
    {
        var model = Calls.Load(TestModels.Simple());
        int[] a = [.. Enumerable.Range(0, 32)];
        int[] b = [.. Enumerable.Range(100, 32)];
        using var request = model.Rent<int>([2, 16], a).Fill<int>(1, [2, 16], b);
        await request.RunAsync();

        Assert.Equal(a.Zip(b, static (x, y) => x + y), request.Read<int>(0));
        Assert.Equal(a.Zip(b, static (x, y) => x - y), request.Read<int>(1));
        Assert.Equal((2, 2), (request.Rows, request.BatchRows));
    }

    [Fact]
    public async Task Texts_are_answered_in_UTF_8()
    {
        var model = Calls.Load(TestModels.Texts());
        using var request = model.RentTexts("", "pizza", "Käse 🧀", new string('x', 100_000));
        await request.RunAsync();
        Assert.Null(request.Failure);
        Assert.Equal(["", "pizza", "Käse 🧀", new string('x', 100_000)], request.ReadTexts());

        using var broken = model.RentTexts("a", "b");
        broken.Inputs[0].Texts[1] = [0xff, 0xfe];
        await broken.RunAsync();
        Assert.Equal(ErrorKind.InvalidInput, broken.Failure!.Kind);
        Assert.Contains("text[1]", broken.Failure.Message, StringComparison.Ordinal);
        Assert.False(broken.Outputs[0].IsSet);
    }

    [Fact]
    public async Task No_rows_are_answered_by_no_rows()
    {
        var model = Calls.Load(TestModels.Dense());
        using var request = model.Rent<float>([0, 4]);
        await request.RunAsync();
        Assert.Null(request.Failure);
        Assert.Equal([0L, 3L], request.Outputs[0].Shape.ToArray());
        Assert.Empty(request.Outputs[0].Bytes.ToArray());

        var texts = Calls.Load(TestModels.Texts());
        using var none = texts.RentTexts();
        await none.RunAsync();
        Assert.Null(none.Failure);
        Assert.Empty(none.ReadTexts());
    }

    [Fact]
    public async Task The_shape_of_an_answer_may_depend_on_the_values()
    {
        var model = Calls.Load(TestModels.NonZero());
        foreach (var (values, expected) in new (float[], long[])[] { ([0, 1, 0, 2], [1, 3]), ([0, 0], []), ([5], [0]) })
        {
            using var request = model.Rent<float>([values.Length], values);
            await request.RunAsync();
            Assert.Null(request.Failure);
            Assert.Equal([1L, expected.Length], request.Outputs[0].Shape.ToArray());
            Assert.Equal(expected, request.Read<long>());
        }
    }

    [Fact]
    public async Task A_model_of_a_fixed_number_of_rows_takes_these()
    {
        var model = Calls.Load(TestModels.Fixed());
        Assert.True(model.CanBind);
        Assert.False(model.IsBatchable);
        using var request = model.Rent<float>([2, 3], 1, 2, 3, 4, 5, 6);
        await request.RunAsync();
        Assert.Equal<float>([2, 4, 6, 8, 10, 12], request.Read<float>());

        using var other = model.Rent<float>([1, 3], 1, 2, 3);
        var error = await Assert.ThrowsAsync<TarnException>(async () => await other.RunAsync());
        Assert.Contains("[2,3]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_fit_the_model_is_said_before_anything_runs()
    {
        var model = Calls.Load(TestModels.Simple());
        using var missing = model.Rent<int>([1, 16], new int[16]);
        Assert.Contains("INPUT1", (await Assert.ThrowsAsync<TarnException>(async () => await missing.RunAsync())).Message, StringComparison.Ordinal);

        using var uneven = model.Rent<int>([1, 16], new int[16]).Fill<int>(1, [2, 16], new int[32]);
        Assert.Contains("2 rows in INPUT1, 1 in INPUT0", (await Assert.ThrowsAsync<TarnException>(async () => await uneven.RunAsync())).Message, StringComparison.Ordinal);

        using var typed = model.Rent();
        typed.Inputs[0].Set(OnnxElementType.Float, [1, 16], "INPUT0");
        typed.Inputs[1].Set(OnnxElementType.Int32, [1, 16], "INPUT1");
        Assert.Contains("INT32[-1,16]", (await Assert.ThrowsAsync<TarnException>(async () => await typed.RunAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(0, model.Stats.Executions);
    }

    [Fact]
    public async Task What_the_model_cannot_compute_is_the_requests_failure_and_harms_no_other()
    {
        var model = Calls.Load(TestModels.Lookup());
        using var request = model.Rent<long>([1], 99);
        await request.RunAsync();
        Assert.Equal(ErrorKind.InvalidInput, request.Failure!.Kind);
        Assert.False(request.Outputs[0].IsSet);

        // The same object, used again: nothing is left of the failure.
        request.Fill<long>(0, [2], 1, 3);
        await request.RunAsync();
        Assert.Null(request.Failure);
        Assert.Equal<float>([10, 11, 30, 31], request.Read<float>());
        Assert.Equal((1, 1), (model.Stats.Failed, model.Stats.Succeeded));
    }

    [Fact]
    public async Task A_request_that_is_disposed_twice_serves_one_call_at_a_time()
    {
        var model = Calls.Load(TestModels.HalfPlusTwo());
        var request = model.Rent<float>([1], 1);
        await request.RunAsync();
        request.Dispose();
        request.Dispose();

        using var one = model.Rent();
        using var two = model.Rent();
        Assert.NotSame(one, two);
        Assert.Equal((0, 0, 0, 0), (one.QueuedAt, one.StartedAt, one.ComputedAt, one.EndedAt));
        Assert.False(one.Inputs[0].IsSet);
    }

    [Fact]
    public void Numbers_of_rows_that_callers_choose_do_not_fill_the_statistics()
    {
        var stats = new ModelStats();
        var model = Calls.Load(TestModels.HalfPlusTwo());
        using var request = model.Rent();
        for (var rows = 1; rows < 100_000; rows += 7)
        {
            request.Rows = rows;
            stats.Record(request);
        }

        Assert.InRange(stats.Batches.Count, 20, 150);
        Assert.Equal(stats.Executions, stats.Batches.Sum(static b => b.Runs));
        model.Release();
    }
}
