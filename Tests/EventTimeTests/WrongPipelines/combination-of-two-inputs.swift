// error: requires the types
import EventTime

func combined() {
    _ = combine(Count<Int>(), Sum<Int>(), Max<String>())
}
