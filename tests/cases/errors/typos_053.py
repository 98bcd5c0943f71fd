public class C: pass
